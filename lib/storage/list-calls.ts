import type { Selectable } from "kysely";
import type { ApiCall } from "../domain/api-call.ts";
import type { Database } from "./database.ts";
import { acrossMerchants, ofMerchant, type Rows } from "./of-merchant.ts";
import type { ApiCallsTable } from "./tables.ts";

/** Which calls to list, newest first; `after`: only calls that follow this row in that order. */
export type CallFilter = {
  orderNo?: string;
  httpStatus?: number;
  from?: Date;
  to?: Date;
  after?: { createdAt: Date; id: string };
  limit: number;
};

export type CallPage = {
  items: ApiCall[];
  /** Where the next page begins; `null`: this is the last. */
  next: { createdAt: Date; id: string } | null;
};

/** One page of a merchant's calls. */
export function listCalls(db: Database, userId: string, filter: CallFilter): Promise<CallPage> {
  return pageOf(callsAmong(ofMerchant(db, userId)), filter);
}

/** `listCalls` across merchants; for operators only. */
export function listEveryonesCalls(db: Database, filter: CallFilter): Promise<CallPage> {
  return pageOf(callsAmong(acrossMerchants(db)), filter);
}

function callsAmong(rows: Rows) {
  return rows.selectFrom("api_calls").selectAll();
}

async function pageOf(calls: ReturnType<typeof callsAmong>, filter: CallFilter): Promise<CallPage> {
  const { orderNo, httpStatus, from, to, after, limit } = filter;
  const rows = await calls
    .$if(orderNo !== undefined, (query) => query.where("order_no", "=", orderNo!))
    .$if(httpStatus !== undefined, (query) => query.where("http_status", "=", httpStatus!))
    .$if(from !== undefined, (query) => query.where("at", ">=", from!))
    .$if(to !== undefined, (query) => query.where("at", "<", to!))
    .$if(after !== undefined, (query) =>
      query.where((eb) =>
        eb.or([
          eb("at", "<", after!.createdAt),
          eb.and([eb("at", "=", after!.createdAt), eb("id", "<", after!.id)]),
        ]),
      ),
    )
    .orderBy("at", "desc")
    .orderBy("id", "desc")
    .limit(limit + 1)
    .execute();
  const last = rows[limit - 1];
  return {
    items: rows.slice(0, limit).map(callOf),
    next: rows.length > limit && last ? { createdAt: last.at, id: last.id } : null,
  };
}

function callOf(row: Selectable<ApiCallsTable>): ApiCall {
  return {
    requestId: row.request_id,
    userId: row.user_id,
    keyId: row.key_id,
    at: row.at,
    method: row.method,
    path: row.path,
    httpStatus: row.http_status,
    durationMs: row.duration_ms,
    source: row.source,
    userAgent: row.user_agent,
    orderNo: row.order_no,
    request: row.request,
    answer: row.answer,
  };
}
