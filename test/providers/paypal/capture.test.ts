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

describe("a capture at PayPal", () => {
  it("takes the money under the stored key", async () => {
    const { said, calls, paths } = await capturing(json(captured(), 201));
    expect(said).toMatchObject([{ kind: "paid", orderNo, tradeNo: captureId }]);
    expect(paths).toEqual([post]);
    expect(calls[0]).toMatchObject({
      headers: { "paypal-request-id": "capture-1", prefer: "return=representation" },
      body: "{}",
    });
  });

  it("knows nothing, and asks nothing, before the order has an id", async () => {
    const said = await openPayPal({ baseUrl: "http://127.0.0.1:9" }).capture?.(payment(), "capture-1");
    expect(said).toEqual([{ kind: "unknown", orderNo, why: "no order id yet" }]);
  });

  it.each([
    ["a pending capture", json(captured([capture({ status: "PENDING" })]), 201), "started"],
    ["a declined capture", json(captured([capture({ status: "DECLINED" })]), 201), "open"],
    ["INSTRUMENT_DECLINED", refusal(422, "INSTRUMENT_DECLINED"), "open"],
    ["PAYER_ACCOUNT_RESTRICTED", refusal(422, "PAYER_ACCOUNT_RESTRICTED"), "failed"],
    ["PAYEE_BLOCKED_TRANSACTION", refusal(422, "PAYEE_BLOCKED_TRANSACTION"), "open"],
    ["an order that has lapsed", refusal(404, "INVALID_RESOURCE_ID", "RESOURCE_NOT_FOUND"), "missing"],
    ["a rate limit", refusal(429, "RATE_LIMIT_REACHED"), "unknown"],
  ] satisfies [string, Reply, string][])("is %s", async (_title, reply, kind) => {
    const { said, paths } = await capturing(reply);
    expect(said).toEqual([expect.objectContaining({ kind })]);
    expect(paths).toEqual([post]);
  });

  it("a PayPal capture that is not let in keeps its key: nothing is known of an earlier call", async () => {
    const { said, paths } = await capturing(refusal(401, "INVALID_ACCOUNT_STATUS"));
    expect(said).toEqual([{ kind: "unknown", orderNo, why: "PayPal: INVALID_ACCOUNT_STATUS" }]);
    expect(paths).toEqual([post, post]);
  });

  it("says why the buyer must choose again", async () => {
    const { said } = await capturing(refusal(422, "INSTRUMENT_DECLINED"));
    expect(said).toEqual([{ kind: "open", orderNo, why: "PayPal: INSTRUMENT_DECLINED" }]);
  });

  it.each([
    ["was done before", refusal(422, "ORDER_ALREADY_CAPTURED")],
    ["has our invoice number from a capture", refusal(422, "DUPLICATE_INVOICE_ID")],
    ["is refused by a code that no list has", refusal(422, "SOMETHING_NEW")],
    ["is forbidden since the money was taken", refusal(403, "PERMISSION_DENIED")],
    ["is in progress elsewhere", refusal(409, "PREVIOUS_REQUEST_IN_PROGRESS")],
    ["ends in a 500", refusal(500, "INTERNAL_SERVICE_ERROR")],
    ["ends in HTML", { status: 201, body: "<html>" }],
    ["is answered without our invoice", json({ ...captured(), purchase_units: [{}] }, 201)],
    ["is answered in another form", json({ id: 1 }, 201)],
  ] satisfies [string, Reply][])("that %s is looked up", async (_title, reply) => {
    const { said, paths } = await capturing(reply, json(captured()));
    expect(said).toMatchObject([{ kind: "paid", tradeNo: captureId }]);
    expect(paths).toEqual([post, get]);
  });

  it("is repeated under its key when a kept connection turns out to be dead", async () => {
    const { said, calls, paths } = await capturing("reset", json(captured(), 201));
    expect(said).toMatchObject([{ kind: "paid", tradeNo: captureId }]);
    expect(paths).toEqual([post, post]);
    expect(calls[1]?.headers["paypal-request-id"]).toBe("capture-1");
  });

  it("stays unknown when nobody answers", async () => {
    expect((await capturing("reset")).said).toMatchObject([{ kind: "unknown" }]);
  });
});

describe("a close at PayPal", () => {
  it("needs no call: what is closed is never captured", async () => {
    const said = await openPayPal({ baseUrl: "http://127.0.0.1:9" }).close?.(storedPayment);
    expect(said).toMatchObject([{ kind: "closed", orderNo }]);
  });

  const closing = async (reply: Reply, changes: object) => {
    const { url } = await paypalServer(reply);
    return openPayPal({ baseUrl: url }).close?.({ ...storedPayment, ...changes });
  };

  it.each([
    ["captured", json(captured()), "paid"],
    ["under way", json(captured([capture({ status: "PENDING" })])), "started"],
    ["approved still", json(order({ status: "APPROVED" })), "closed"],
    ["open still", json(order()), "closed"],
    // PayPal answers an app so about another app's order, too: https://developer.paypal.com/api/rest/responses/ (404).
    ["not known to this app", refusal(404, "INVALID_RESOURCE_ID"), "missing"],
    ["not to be seen", "reset", "unknown"],
    ["not readable", json({}), "unrecognised"],
  ] satisfies [string, Reply, string][])(
    "asks first after an unclear capture: %s",
    async (_title, reply, kind) => {
      expect(await closing(reply, { captureKey: "capture-1" })).toMatchObject([{ kind }]);
    },
  );

  it("asks first while the money is on its way", async () => {
    const pending = json(captured([capture({ status: "PENDING" })]));
    expect(await closing(pending, { providerStarted: true })).toMatchObject([{ kind: "started" }]);
    const unseen = refusal(404, "INVALID_RESOURCE_ID");
    expect(await closing(unseen, { providerStarted: true })).toMatchObject([{ kind: "missing" }]);
  });
});
