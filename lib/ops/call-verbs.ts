import * as z from "zod";
import { GatewayError } from "../errors.ts";
import { cursorOf, listPaymentsContract, readCursor } from "../http/list-contracts.ts";
import type { RecordedCall } from "../merchant/recorded-call.ts";
import type { Gateway } from "../open-gateway.ts";
import { listCalls, listEveryonesCalls } from "../storage/list-calls.ts";
import { orderOwner } from "../storage/order-record.ts";
import { merchantIdOf } from "./find-merchant.ts";
import { listLimit, merchantName, orderNo, verb } from "./verb.ts";

const { from, to, cursor } = listPaymentsContract.wanted.shape;

export const callVerbs = {
  "calls list": verb(
    "API calls with a valid key of the last 90 days, newest first; the next page begins at next_cursor",
    z.strictObject({
      merchant: merchantName.optional(),
      order_no: orderNo.optional(),
      status: z.coerce.number().int().min(100).max(599).optional().describe("the HTTP status"),
      from,
      to,
      limit: listLimit,
      cursor,
    }),
    async (gateway, { merchant, order_no: orderNo, status: httpStatus, from, to, limit, cursor }) => {
      const filter = {
        orderNo,
        httpStatus,
        limit,
        ...(from && { from: new Date(from) }),
        ...(to && { to: new Date(to) }),
        ...(cursor && { after: readCursor(cursor) }),
      };
      const userId = (await merchantIdOf(gateway, merchant)) ?? (await ownerOf(gateway, orderNo));
      const page = userId
        ? await listCalls(gateway.db, userId, filter)
        : await listEveryonesCalls(gateway.db, filter);
      return { items: page.items.map(callLine), next_cursor: cursorOf(page.next) };
    },
  ),
};

/** Only an order's own merchant has calls about it. */
async function ownerOf({ db }: Gateway, orderNo: string | undefined): Promise<string | undefined> {
  if (orderNo === undefined) return undefined;
  const owner = await orderOwner(db, orderNo);
  if (owner === null) throw new GatewayError("order_not_found", "no such order");
  return owner;
}

/** One line of a list. */
function callLine(call: RecordedCall) {
  return {
    at: call.at,
    request_id: call.requestId,
    user_id: call.userId,
    key_id: call.keyId,
    method: call.method,
    path: call.path,
    http_status: call.httpStatus,
    duration_ms: call.durationMs,
    order_no: call.orderNo,
    source: call.source,
    user_agent: call.userAgent,
    request: read(call.request),
    answer: read(call.answer),
  };
}

/** A body that was cut is no JSON any more. */
function read(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return body;
  }
}
