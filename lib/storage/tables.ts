import type { ColumnType, Generated } from "kysely";
import type { PaymentState, PaymentStatus } from "../domain/payment-state.ts";
import type { OrderRow } from "./payments/order-columns.ts";
import type { RefundRow } from "./refunds/refund-columns.ts";

/** Rows as mysql2 returns them: BIGINT as decimal strings, DATETIME as `Date`, JSON as text. */
export type Tables = {
  users: UsersTable;
  api_keys: ApiKeysTable;
  payment_configs: PaymentConfigsTable;
  payment_orders: PaymentOrdersTable;
  provider_requests: ProviderRequestsTable;
  refunds: RefundsTable;
  webhook_events: WebhookEventsTable;
  unmatched_facts: UnmatchedFactsTable;
  payment_logs: PaymentLogsTable;
  deliveries: DeliveriesTable;
  delivery_attempts: DeliveryAttemptsTable;
  anomalies: AnomaliesTable;
  api_calls: ApiCallsTable;
};

type Id = Generated<string>;
/** Written only by `ofMerchant`, and never changed. */
type Owner = ColumnType<string, never, never>;

export type UsersTable = {
  id: Id;
  username: string;
  status: Generated<number>;
  rate_limit: Generated<number | null>;
  notify_url: string | null;
  notify_secrets: string | null;
  created_at: Generated<Date>;
  updated_at: Generated<Date>;
};

type ApiKeysTable = {
  id: Id;
  user_id: Owner;
  key_id: string;
  hash: Buffer;
  scopes: string;
  created_at: Date;
  expires_at: Date | null;
  revoked_at: Date | null;
  last_used_at: Date | null;
};

export type PaymentConfigsTable = {
  id: Id;
  user_id: Owner;
  provider: string;
  config_name: string;
  config_data: string;
  version: Generated<number>;
  account: string | null;
  livemode: number | null;
  status: Generated<number>;
  live_name: ColumnType<string | null, never, never>;
  note: string | null;
  created_at: Generated<Date>;
  updated_at: Generated<Date>;
};

/** The columns of `order-columns.ts`, and those that only one transaction reads. */
export type PaymentOrdersTable = Omit<OrderRow, "id" | "user_id" | "status"> & {
  id: Id;
  user_id: Owner;
  /** Generated from `state`. */
  status: ColumnType<PaymentStatus, never, never>;
  request: string;
  fingerprint: string;
  refund_total_minor: Generated<string>;
  capture_until: Generated<Date | null>;
  paid_from: Generated<PaymentState | null>;
};

type ProviderRequestsTable = {
  id: Id;
  order_id: string;
  user_id: Owner;
  idempotency_key: string;
  prepared: string;
  done: Generated<number>;
  lease_token: string;
  lease_until: Date;
  unclear_since: Date | null;
  created_at: Date;
};

/** The columns of `refund-columns.ts`, and those that only storage uses. */
export type RefundsTable = Omit<RefundRow, "id" | "user_id"> & {
  id: Id;
  user_id: Owner;
  request: string;
  unclear_since: Date | null;
  lease_token: string;
  lease_until: Date;
  next_poll_at: Date | null;
};

export type WebhookEventsTable = {
  id: Id;
  user_id: Owner;
  config_id: string;
  provider: string;
  event_id: string;
  event_type: string;
  order_no: string | null;
  encrypted_body: string | null;
  times: Generated<number>;
  received_at: Date;
};

type UnmatchedFactsTable = {
  id: Id;
  user_id: Owner;
  config_id: string;
  provider: string;
  provider_account: string;
  livemode: number;
  trade_no: string;
  fact: string;
  fingerprint: string;
  received_at: Date;
};

type PaymentLogsTable = {
  id: Id;
  user_id: Owner;
  order_id: string;
  at: Date;
  kind: string;
  title: string;
  data: string;
};

export const deliveryStatuses = ["pending", "sending", "success", "exhausted", "held", "superseded"] as const;

export type DeliveryStatus = (typeof deliveryStatuses)[number];

export type DeliveriesTable = {
  id: Id;
  user_id: Owner;
  order_id: string;
  subject_type: string;
  subject_id: string;
  event: string;
  generation: Generated<number>;
  event_id: string;
  url: string;
  endpoint: string;
  payload: string;
  status: Generated<DeliveryStatus>;
  attempt: Generated<number>;
  try_no: Generated<number>;
  due_at: Date;
  lease_token: string | null;
  lease_until: Date | null;
  woken_at: Date | null;
  created_at: Date;
  updated_at: Date;
};

type DeliveryAttemptsTable = {
  id: Id;
  user_id: Owner;
  task_id: string;
  attempt: number;
  try_no: number;
  started_at: Date;
  ended_at: Date | null;
  outcome: string | null;
  http_status: number | null;
  answer: string | null;
};

export type AnomalyStatus = "open" | "resolved";

export type AnomaliesTable = {
  id: Id;
  user_id: Owner;
  config_id: string;
  order_no: string | null;
  kind: string;
  fingerprint: string;
  detail: string;
  status: Generated<AnomalyStatus>;
  times: Generated<number>;
  created_at: Date;
  resolved_at: Date | null;
  note: string | null;
};

export type ApiCallsTable = {
  id: Id;
  request_id: string;
  /** Set by the caller, because one batch holds rows of many merchants. */
  user_id: ColumnType<string, string, never>;
  key_id: string;
  at: Date;
  method: string;
  path: string;
  http_status: number;
  duration_ms: number;
  source: string;
  user_agent: string;
  order_no: string | null;
  request: string;
  answer: string;
};
