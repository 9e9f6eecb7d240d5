import { type Kysely, sql } from "kysely";

/**
 * The whole schema. Edited freely until the first release; additive migrations only after it.
 * Ids, order numbers and codes compare byte by byte (`utf8mb4_bin`); times are UTC; amounts are minor units.
 */
const tables = [
  `CREATE TABLE users (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    username VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    status TINYINT NOT NULL DEFAULT 1 COMMENT '1 active, 0 disabled: creates nothing, the rest goes on',
    notify_url VARCHAR(2048) NULL COMMENT 'default of orders that name none',
    notify_secrets TEXT NULL COMMENT 'sealed JSON list of whsec_ secrets; each signs',
    created_at DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
    updated_at DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
    UNIQUE KEY username (username)
  )`,
  `CREATE TABLE api_keys (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    user_id BIGINT UNSIGNED NOT NULL,
    key_id VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    hash BINARY(32) NOT NULL COMMENT 'SHA-256 of the whole key; the key itself is never stored',
    scopes VARCHAR(255) NOT NULL COMMENT 'comma-separated',
    created_at DATETIME(3) NOT NULL,
    expires_at DATETIME(3) NULL,
    revoked_at DATETIME(3) NULL,
    UNIQUE KEY key_id (key_id),
    KEY user_keys (user_id, id)
  )`,
  `CREATE TABLE payment_configs (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    user_id BIGINT UNSIGNED NOT NULL,
    provider VARCHAR(16) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    config_name VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    config_data TEXT NOT NULL COMMENT 'sealed credentials; plain JSON is read with a warning and sealed by the sweeper',
    version INT UNSIGNED NOT NULL DEFAULT 1 COMMENT 'adds one with each change of the credentials',
    account VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL COMMENT 'the account at the provider, once asked',
    status TINYINT NOT NULL DEFAULT 1 COMMENT '1 active, 0 disabled: creates nothing, the rest goes on',
    created_at DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
    updated_at DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
    UNIQUE KEY user_config (user_id, provider, config_name)
  )`,
  `CREATE TABLE payment_orders (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    order_no CHAR(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    user_id BIGINT UNSIGNED NOT NULL,
    config_id BIGINT UNSIGNED NOT NULL,
    provider VARCHAR(16) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    provider_account VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    scene VARCHAR(16) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    out_trade_no VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    subject VARCHAR(256) NOT NULL,
    body VARCHAR(512) NOT NULL,
    amount_minor BIGINT UNSIGNED NOT NULL,
    currency CHAR(3) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    status VARCHAR(12) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    version INT UNSIGNED NOT NULL DEFAULT 1,
    request TEXT NOT NULL COMMENT 'the normalised request, to name the fields that differ',
    fingerprint CHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL COMMENT 'SHA-256 of request',
    trade_no VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
    payable TEXT NULL COMMENT 'JSON: what the buyer needs to pay',
    refusal TEXT NULL COMMENT 'JSON: code and words of the final refusal',
    notify_url VARCHAR(2048) NULL,
    return_url VARCHAR(2048) NULL,
    metadata TEXT NOT NULL,
    livemode TINYINT NOT NULL,
    late_success TINYINT NOT NULL DEFAULT 0,
    close_requested TINYINT NOT NULL DEFAULT 0,
    provider_started TINYINT NOT NULL DEFAULT 0,
    refunded_minor BIGINT UNSIGNED NOT NULL DEFAULT 0,
    look_ups INT UNSIGNED NOT NULL DEFAULT 0,
    created_at DATETIME(3) NOT NULL,
    updated_at DATETIME(3) NOT NULL,
    expires_at DATETIME(3) NOT NULL,
    paid_at DATETIME(3) NULL,
    closed_at DATETIME(3) NULL,
    looked_up_at DATETIME(3) NULL,
    next_query_at DATETIME(3) NULL COMMENT 'when to ask the provider next; NULL: never again',
    UNIQUE KEY order_no (order_no),
    UNIQUE KEY user_order (user_id, out_trade_no),
    UNIQUE KEY provider_trade (provider, provider_account, trade_no),
    KEY user_newest (user_id, created_at),
    KEY silent (next_query_at)
  )`,
  `CREATE TABLE payment_attempts (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    order_id BIGINT UNSIGNED NOT NULL,
    user_id BIGINT UNSIGNED NOT NULL,
    idempotency_key CHAR(36) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    prepared TEXT NOT NULL COMMENT 'JSON of the request to the provider; a repeat sends exactly this',
    done TINYINT NOT NULL DEFAULT 0 COMMENT 'the outcome is known and stored',
    lease_token CHAR(36) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    lease_until DATETIME(3) NOT NULL,
    created_at DATETIME(3) NOT NULL,
    UNIQUE KEY order_attempt (order_id)
  )`,
  `CREATE TABLE webhook_events (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    user_id BIGINT UNSIGNED NOT NULL,
    config_id BIGINT UNSIGNED NOT NULL,
    provider VARCHAR(16) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    event_id VARCHAR(191) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    event_type VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    order_no CHAR(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
    sealed_body MEDIUMTEXT NULL COMMENT 'the raw bytes, kept sealed for 30 days for a replay',
    times INT UNSIGNED NOT NULL DEFAULT 1,
    received_at DATETIME(3) NOT NULL,
    UNIQUE KEY config_event (config_id, event_id),
    KEY by_order (order_no),
    KEY by_age (received_at)
  )`,
  `CREATE TABLE payment_logs (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    user_id BIGINT UNSIGNED NOT NULL,
    order_id BIGINT UNSIGNED NOT NULL,
    at DATETIME(3) NOT NULL,
    kind VARCHAR(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    title VARCHAR(255) NOT NULL,
    data TEXT NOT NULL,
    KEY by_order (order_id, id)
  )`,
  `CREATE TABLE notify_queue (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    user_id BIGINT UNSIGNED NOT NULL,
    order_id BIGINT UNSIGNED NOT NULL,
    subject_type VARCHAR(12) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL COMMENT 'payment, refund',
    subject_id BIGINT UNSIGNED NOT NULL,
    event VARCHAR(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    generation INT UNSIGNED NOT NULL DEFAULT 1,
    event_id CHAR(36) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    url VARCHAR(2048) NOT NULL,
    endpoint CHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL COMMENT 'SHA-256 of merchant and url',
    payload TEXT NOT NULL COMMENT 'the exact bytes of every attempt',
    status VARCHAR(12) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL DEFAULT 'pending',
    attempt INT UNSIGNED NOT NULL DEFAULT 1 COMMENT 'the attempt that is due or under way, from 1',
    send_no INT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'sends begun within the attempt',
    due_at DATETIME(3) NOT NULL,
    lease_token CHAR(36) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
    lease_until DATETIME(3) NULL,
    hinted_at DATETIME(3) NULL,
    created_at DATETIME(3) NOT NULL,
    updated_at DATETIME(3) NOT NULL,
    UNIQUE KEY series (subject_type, subject_id, event, generation),
    KEY due (status, due_at),
    KEY by_order (order_id, id),
    KEY by_endpoint (endpoint, status, due_at)
  )`,
  `CREATE TABLE notify_attempts (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    user_id BIGINT UNSIGNED NOT NULL,
    task_id BIGINT UNSIGNED NOT NULL,
    attempt INT UNSIGNED NOT NULL,
    send_no INT UNSIGNED NOT NULL,
    started_at DATETIME(3) NOT NULL,
    ended_at DATETIME(3) NULL COMMENT 'NULL: under way, or its process died',
    outcome VARCHAR(16) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
    http_status INT NULL,
    answer TEXT NULL COMMENT 'what went wrong, or the first 4 KiB of the answer',
    UNIQUE KEY send (task_id, attempt, send_no)
  )`,
  `CREATE TABLE anomalies (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    user_id BIGINT UNSIGNED NOT NULL,
    config_id BIGINT UNSIGNED NOT NULL,
    order_no CHAR(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
    kind VARCHAR(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    fingerprint CHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL COMMENT 'the same fact is raised once',
    detail TEXT NOT NULL,
    status VARCHAR(12) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL DEFAULT 'open',
    times INT UNSIGNED NOT NULL DEFAULT 1,
    created_at DATETIME(3) NOT NULL,
    resolved_at DATETIME(3) NULL,
    UNIQUE KEY fingerprint (fingerprint),
    KEY by_status (status, id)
  )`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of tables) {
    await sql
      .raw(`${statement} ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci`)
      .execute(db);
  }
}
