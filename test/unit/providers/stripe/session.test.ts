import { describe, expect, it } from "vitest";
import { localServer, type Reply } from "../../outbound/local-server.ts";
import { createdAt, orderNo, payment } from "../payments.ts";
import {
  json,
  openStripe,
  page,
  paidSession,
  session,
  sessionId,
  storedPayment,
  stripeRefund,
} from "./account.ts";

const notFound = json(
  { error: { type: "invalid_request_error", code: "resource_missing", message: "no" } },
  404,
);
const notOpen = json({ error: { type: "invalid_request_error", message: "only open sessions" } }, 400);
const usd = (minor: number) => ({ minor, currency: "USD" });
const paid = {
  kind: "paid",
  orderNo,
  account: "acct_1",
  amount: usd(1230),
  tradeNo: "pi_1",
  paidAt: new Date(1763899300_000),
  objectId: sessionId,
};

const fetched = async (reply: Reply) =>
  openStripe({ baseUrl: (await localServer(() => reply)).url }).fetchPayment(storedPayment);

describe("Stripe fetchPayment", () => {
  it("Stripe's fetchPayment retrieves the stored session with its charge", async () => {
    const server = await localServer(() => json(session()));
    await openStripe({ baseUrl: server.url }).fetchPayment(storedPayment);
    expect(decodeURIComponent(server.calls[0]?.path ?? "")).toBe(
      `/v1/checkout/sessions/${sessionId}?expand[0]=payment_intent.latest_charge`,
    );
  });

  it("Stripe's fetchPayment before the session has an id is unknown, and makes no call", async () => {
    const said = await openStripe({ baseUrl: "http://127.0.0.1:9" }).fetchPayment(payment());
    expect(said).toEqual([{ kind: "unknown", orderNo, why: "no session id yet" }]);
  });

  it.each([
    ["paid", paidSession(), [paid]],
    [
      "paid, the intent not expanded",
      { ...paidSession(), payment_intent: "pi_1" },
      [{ ...paid, paidAt: createdAt }],
    ],
    ["paid less", { ...paidSession(), amount_total: 1 }, [{ ...paid, amount: usd(1) }]],
  ])("Stripe's fetchPayment reports a payment: %s", async (_title, said, events) => {
    expect(await fetched(json(said))).toEqual(events);
  });

  it("Stripe's fetchPayment reports the payment, then each refund by its id, as webhooks do", async () => {
    const console = stripeRefund({ id: "re_2", amount: 100, metadata: {} });
    const server = await localServer((_call, count) =>
      json(count === 1 ? paidSession({ amount_refunded: 330 }) : page([console, stripeRefund()])),
    );
    const seen = { orderNo, tradeNo: "pi_1" };
    expect(await openStripe({ baseUrl: server.url }).fetchPayment(storedPayment)).toEqual([
      paid,
      { kind: "refunded", ...seen, refundNo: null, refundId: "re_2", amount: usd(100) },
      { kind: "refunded", ...seen, refundNo: "R1", refundId: "re_1", amount: usd(230) },
    ]);
    expect(server.calls[1]?.path).toBe("/v1/refunds?payment_intent=pi_1&limit=100");
  });

  // Stripe lists refunds newest first (https://docs.stripe.com/api/refunds/list).
  it("Stripe's fetchPayment reports failed refunds before those made in their place", async () => {
    const refunds = [
      stripeRefund({ id: "re_3", amount: 1230, metadata: {} }),
      stripeRefund({ id: "re_2", status: "pending", amount: 1, metadata: {} }),
      stripeRefund({ status: "failed", amount: 1230 }),
      stripeRefund({ id: "re_0", status: "canceled", amount: 5, metadata: {} }),
    ];
    const server = await localServer((_call, count) =>
      json(count === 1 ? paidSession({ amount_refunded: 1230 }) : page(refunds)),
    );
    const said = await openStripe({ baseUrl: server.url }).fetchPayment(storedPayment);
    expect(said.map((seen) => ("refundId" in seen ? seen.refundId : seen.kind))).toEqual([
      "paid",
      "re_1",
      "re_0",
      "re_3",
      "re_2",
    ]);
  });

  // The charge's amount_refunded no longer counts a refund that failed (https://docs.stripe.com/refunds#failed-refunds).
  it("Stripe's fetchPayment lists refunds if our ledger has some, even if the charge no longer shows any", async () => {
    const refunds = [stripeRefund({ status: "failed" })];
    const server = await localServer((_call, count) => json(count === 1 ? paidSession() : page(refunds)));
    const adapter = openStripe({ baseUrl: server.url });
    expect(await adapter.fetchPayment({ ...storedPayment, refundedMinor: 230 })).toMatchObject([
      { kind: "paid" },
      { kind: "refundFailed", refundId: "re_1" },
    ]);
  });

  it("Stripe's fetchPayment reports an unlisted refusal code for an alarm", async () => {
    const refusal = { error: { type: "invalid_request_error", code: "brand_new", message: "no" } };
    expect(await fetched(json(refusal, 400))).toEqual([
      { kind: "unknown", orderNo, why: "Stripe: brand_new", unlisted: "brand_new" },
    ]);
  });

  it("Stripe's fetchPayment reads an answer with a byte order mark", async () => {
    const body = `\uFEFF${JSON.stringify(session())}`;
    const headers = { "content-type": "application/json" };
    expect(await fetched({ status: 200, headers, body })).toMatchObject([{ kind: "open" }]);
  });

  it("Stripe's fetchPayment reports the payment even if its refunds cannot be listed", async () => {
    const server = await localServer((_call, count) =>
      count === 1 ? json(paidSession({ amount_refunded: 330 })) : "reset",
    );
    expect(await openStripe({ baseUrl: server.url }).fetchPayment(storedPayment)).toEqual([
      paid,
      { kind: "unknown", orderNo, why: expect.any(String) },
    ]);
  });

  const complete = (status: string) =>
    session({ status: "complete", payment_intent: { id: "pi_1", status, latest_charge: null } });
  it.each([
    ["an open session", json(session()), "open"],
    ["an expired session", json(session({ status: "expired" })), "closed"],
    ["a delayed payment in transit", json(complete("processing")), "in_transit"],
    ["an unpaid voucher", json(complete("requires_action")), "in_transit"],
    ["a failed delayed payment", json(complete("requires_payment_method")), "failed"],
    ["a cancelled intent", json(complete("canceled")), "failed"],
    ["a new session status", json(session({ status: "paused" })), "unrecognised"],
    ["no session status", json(session({ status: null })), "unrecognised"],
    ["a free session", json(session({ payment_status: "no_payment_required" })), "unrecognised"],
    ["a new payment status", json(session({ payment_status: "half" })), "unrecognised"],
    ["a session without our metadata", json(session({ metadata: {} })), "unrecognised"],
    ["another session than the requested one", json(session({ id: "cs_test_b2" })), "unrecognised"],
    ["another order's session", json({ ...paidSession(), client_reference_id: "UNI1" }), "unrecognised"],
    ["a paid session without an intent", json({ ...paidSession(), payment_intent: null }), "unrecognised"],
    ["a fraction of a cent", json({ ...paidSession(), amount_total: 12.5 }), "unrecognised"],
    ["an unknown currency", json({ ...paidSession(), currency: "xxx" }), "unrecognised"],
    ["a session that does not exist", notFound, "unrecognised"],
    [
      "a key without permission",
      json({ error: { type: "invalid_request_error", message: "no" } }, 403),
      "unknown",
    ],
    ["a rate limit", json({ error: { type: "invalid_request_error", message: "no" } }, 429), "unknown"],
    ["500", json({ error: { type: "api_error", message: "no" } }, 500), "unknown"],
    ["a paid session with status 500", json(paidSession(), 500), "unknown"],
    ["HTML", { body: "<html>" }, "unknown"],
    ["a broken connection", "reset", "unknown"],
  ] satisfies [string, Reply, string][])(
    "Stripe's fetchPayment maps %s to $2",
    async (_title, reply, kind) => {
      expect(await fetched(reply)).toEqual([expect.objectContaining({ kind })]);
    },
  );
});

describe("Stripe close", () => {
  const closing = async (...replies: Reply[]) => {
    const server = await localServer((_call, count) => replies[count - 1] ?? "reset");
    const said = await openStripe({ baseUrl: server.url }).close?.(storedPayment);
    return { said, calls: server.calls };
  };

  it("a Stripe close expires the session", async () => {
    const { said, calls } = await closing(json(session({ status: "expired" })));
    expect(said).toMatchObject([{ kind: "closed", orderNo }]);
    expect(calls.map(({ method, path }) => `${method} ${path}`)).toEqual([
      `POST /v1/checkout/sessions/${sessionId}/expire`,
    ]);
  });

  it("a Stripe close never reuses an idempotency key, because Stripe would repeat an old refusal", async () => {
    const expired = json(session({ status: "expired" }));
    const keys = [await closing(expired), await closing(expired)].map(
      ({ calls }) => calls[0]?.headers["idempotency-key"],
    );
    expect(new Set(keys).size).toBe(2);
  });

  it.each([
    ["paid", paidSession(), "paid"],
    ["in transit", session({ status: "complete" }), "in_transit"],
    ["already expired", session({ status: "expired" }), "closed"],
    ["still open", session(), "open"],
  ])("a Stripe close that is refused reports the session's state: %s", async (_title, said, kind) => {
    expect((await closing(notOpen, json(said))).said).toMatchObject([{ kind }]);
  });

  it("a Stripe close without a readable outcome is unknown", async () => {
    expect((await closing("reset")).said).toMatchObject([{ kind: "unknown" }]);
    expect((await closing(notOpen, "reset")).said).toMatchObject([{ kind: "unknown" }]);
    expect(await openStripe().close?.(payment())).toMatchObject([{ kind: "unknown" }]);
  });
});
