import { describe, expect, it } from "vitest";
import type { Reply } from "../../outbound/local-server.ts";
import { orderNo, payment } from "../payments.ts";
import {
  capture,
  captured,
  captureId,
  json,
  openPayPal,
  order,
  paypalOrderId,
  paypalServer,
  refusal,
  storedPayment,
} from "./account.ts";

const post = `POST /v2/checkout/orders/${paypalOrderId}/capture`;
const get = `GET /v2/checkout/orders/${paypalOrderId}`;

async function capturing(...replies: Reply[]) {
  const server = await paypalServer(...replies);
  const said = await openPayPal({ baseUrl: server.url }).capture?.(storedPayment, "capture-1");
  return {
    said,
    calls: server.calls(),
    paths: server.calls().map(({ method, path }) => `${method} ${path}`),
  };
}

describe("PayPal capture", () => {
  it("a PayPal capture takes the money under the stored key", async () => {
    const { said, calls, paths } = await capturing(json(captured(), 201));
    expect(said).toMatchObject([{ kind: "paid", orderNo, tradeNo: captureId }]);
    expect(paths).toEqual([post]);
    expect(calls[0]).toMatchObject({
      headers: { "paypal-request-id": "capture-1", prefer: "return=representation" },
      body: "{}",
    });
  });

  it("a PayPal capture before the order has an id is unknown, and makes no call", async () => {
    const said = await openPayPal({ baseUrl: "http://127.0.0.1:9" }).capture?.(payment(), "capture-1");
    expect(said).toEqual([{ kind: "unknown", orderNo, why: "no order id yet" }]);
  });

  it.each([
    ["a pending capture", json(captured([capture({ status: "PENDING" })]), 201), "in_transit"],
    ["a declined capture", json(captured([capture({ status: "DECLINED" })]), 201), "open"],
    ["INSTRUMENT_DECLINED", refusal(422, "INSTRUMENT_DECLINED"), "open"],
    ["PAYER_ACCOUNT_RESTRICTED", refusal(422, "PAYER_ACCOUNT_RESTRICTED"), "failed"],
    ["PAYEE_BLOCKED_TRANSACTION", refusal(422, "PAYEE_BLOCKED_TRANSACTION"), "open"],
    ["an order that has lapsed", refusal(404, "INVALID_RESOURCE_ID", "RESOURCE_NOT_FOUND"), "missing"],
    ["a rate limit", refusal(429, "RATE_LIMIT_REACHED"), "unknown"],
  ] satisfies [string, Reply, string][])(
    "a PayPal capture answered with %s is $2",
    async (_title, reply, kind) => {
      const { said, paths } = await capturing(reply);
      expect(said).toEqual([expect.objectContaining({ kind })]);
      expect(paths).toEqual([post]);
    },
  );

  it("a PayPal capture refused with 401 keeps its key, because an earlier call may have succeeded", async () => {
    const { said, paths } = await capturing(refusal(401, "INVALID_ACCOUNT_STATUS"));
    expect(said).toEqual([{ kind: "unknown", orderNo, why: "PayPal: INVALID_ACCOUNT_STATUS" }]);
    expect(paths).toEqual([post, post]);
  });

  it("a declined PayPal capture reports why the buyer must choose another way to pay", async () => {
    const { said } = await capturing(refusal(422, "INSTRUMENT_DECLINED"));
    expect(said).toEqual([{ kind: "open", orderNo, why: "PayPal: INSTRUMENT_DECLINED" }]);
  });

  it.each([
    ["was made before", refusal(422, "ORDER_ALREADY_CAPTURED")],
    ["duplicates our invoice number", refusal(422, "DUPLICATE_INVOICE_ID")],
    ["is refused with an unlisted code", refusal(422, "SOMETHING_NEW")],
    ["is forbidden after the money was taken", refusal(403, "PERMISSION_DENIED")],
    ["is in progress elsewhere", refusal(409, "PREVIOUS_REQUEST_IN_PROGRESS")],
    ["ends in a 500", refusal(500, "INTERNAL_SERVICE_ERROR")],
    ["ends in HTML", { status: 201, body: "<html>" }],
    ["is answered without our invoice", json({ ...captured(), purchase_units: [{}] }, 201)],
    ["is answered in another form", json({ id: 1 }, 201)],
  ] satisfies [string, Reply][])(
    "a PayPal capture that %s is followed by a fetch of the order",
    async (_title, reply) => {
      const { said, paths } = await capturing(reply, json(captured()));
      expect(said).toMatchObject([{ kind: "paid", tradeNo: captureId }]);
      expect(paths).toEqual([post, get]);
    },
  );

  it("a PayPal capture is repeated under its key when a kept-alive connection turns out to be dead", async () => {
    const { said, calls, paths } = await capturing("reset", json(captured(), 201));
    expect(said).toMatchObject([{ kind: "paid", tradeNo: captureId }]);
    expect(paths).toEqual([post, post]);
    expect(calls[1]?.headers["paypal-request-id"]).toBe("capture-1");
  });

  it("a PayPal capture without an answer is unknown", async () => {
    expect((await capturing("reset")).said).toMatchObject([{ kind: "unknown" }]);
  });
});

describe("PayPal close", () => {
  it("a PayPal close makes no call, because a closed payment is never captured", async () => {
    const said = await openPayPal({ baseUrl: "http://127.0.0.1:9" }).close?.(storedPayment);
    expect(said).toMatchObject([{ kind: "closed", orderNo }]);
  });

  const closing = async (reply: Reply, changes: object) => {
    const { url } = await paypalServer(reply);
    return openPayPal({ baseUrl: url }).close?.({ ...storedPayment, ...changes });
  };

  it.each([
    ["captured", json(captured()), "paid"],
    ["in transit", json(captured([capture({ status: "PENDING" })])), "in_transit"],
    ["still approved", json(order({ status: "APPROVED" })), "closed"],
    ["still open", json(order()), "closed"],
    // PayPal also answers 404 about another app's order: https://developer.paypal.com/api/rest/responses/.
    ["unknown to this app", refusal(404, "INVALID_RESOURCE_ID"), "missing"],
    ["without an answer", "reset", "unknown"],
    ["unreadable", json({}), "unrecognised"],
  ] satisfies [string, Reply, string][])(
    "a PayPal close after an unclear capture fetches the order first: %s gives $2",
    async (_title, reply, kind) => {
      expect(await closing(reply, { captureKey: "capture-1" })).toMatchObject([{ kind }]);
    },
  );

  it("a PayPal close fetches the order first while the money is in transit", async () => {
    const pending = json(captured([capture({ status: "PENDING" })]));
    expect(await closing(pending, { state: "in_transit" })).toMatchObject([{ kind: "in_transit" }]);
    const unseen = refusal(404, "INVALID_RESOURCE_ID");
    expect(await closing(unseen, { state: "in_transit" })).toMatchObject([{ kind: "missing" }]);
  });
});
