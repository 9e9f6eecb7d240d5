import { sql } from "kysely";
import type { ApiCall } from "../domain/api-call.ts";
import { type Database, repeating } from "./database.ts";
import { acrossMerchants } from "./of-merchant.ts";

/** A log subscription delivers a few thousand lines at most; 100 rows stay far below the server's packet limit. */
const perStatement = 100;

/** Stores each call once, however often its log line is delivered. */
export async function recordCalls(db: Database, calls: ApiCall[]): Promise<void> {
  for (let at = 0; at < calls.length; at += perStatement) {
    await repeating(() => insert(db, calls.slice(at, at + perStatement)));
  }
}

/** Across merchants: one batch of log lines holds the calls of many merchants. */
async function insert(db: Database, calls: ApiCall[]): Promise<void> {
  const rows = calls.map((call) => ({
    request_id: call.requestId,
    user_id: call.userId,
    key_id: call.keyId,
    at: call.at,
    method: call.method,
    path: call.path,
    http_status: call.httpStatus,
    duration_ms: call.durationMs,
    source: call.source,
    user_agent: call.userAgent,
    order_no: call.orderNo,
    request: call.request,
    answer: call.answer,
  }));
  await acrossMerchants(db)
    .insertInto("api_calls")
    .values(rows)
    .onDuplicateKeyUpdate({ id: sql`id` })
    .execute();
}
