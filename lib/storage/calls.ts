import { sql } from "kysely";
import type { Calls, RecordedCall } from "../merchant/recorded-call.ts";
import { type Database, repeating } from "./database.ts";
import { forgetOldest } from "./forget-oldest.ts";
import { acrossMerchants } from "./of-merchant.ts";

/** A subscription hands over some thousand lines at most; a statement stays far below the server's packet limit. */
const perStatement = 100;

export function callsIn(db: Database): Calls {
  return {
    async record(calls) {
      for (let at = 0; at < calls.length; at += perStatement) {
        await repeating(() => insert(db, calls.slice(at, at + perStatement)));
      }
    },
    forget: (time, limit) => repeating(() => forgetOldest(db, "api_logs", "at", time, limit)),
  };
}

/** Across merchants: a batch of lines is of many. */
async function insert(db: Database, calls: RecordedCall[]): Promise<void> {
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
    .insertInto("api_logs")
    .values(rows)
    .onDuplicateKeyUpdate({ id: sql`id` })
    .execute();
}
