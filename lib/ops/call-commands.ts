import * as z from "zod";
import type { ApiCall } from "../domain/api-call.ts";
import { GatewayError } from "../errors.ts";
import type { Gateway } from "../gateway.ts";
import { cursorOf, listPaymentsContract, readCursor } from "../http/list-contracts.ts";
import { listCalls, listEveryonesCalls } from "../storage/list-calls.ts";
import { orderOwner } from "../storage/payments/order-record.ts";
import { command, listLimit, merchantName, orderNo } from "./command.ts";
import { merchantIdOf } from "./find-merchant.ts";

const { from, to, cursor } = listPaymentsContract.input.shape;

export const callCommands = {
  "calls list": command(
    "list API calls made with a valid key in the last 90 days, newest first; pass next_cursor as --cursor for more",
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
      return { items: page.items.map(apiCallLine), next_cursor: cursorOf(page.next) };
    },
  ),
};

/** Merchant of an order; only that merchant can have made calls about it. */
async function ownerOf({ db }: Gateway, orderNo: string | undefined): Promise<string | undefined> {
  if (orderNo === undefined) return undefined;
  const owner = await orderOwner(db, orderNo);
  if (owner === null) throw new GatewayError("order_not_found", "no such order");
  return owner;
}

/** An API call as the list command prints it. */
function apiCallLine(call: ApiCall) {
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

/** Parses a stored body; one that was truncated when it was stored is no longer JSON and is returned as text. */
function read(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return body;
  }
}
