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

const looked = async (reply: Reply) =>
  openStripe({ baseUrl: (await localServer(() => reply)).url }).look(storedPayment);

describe("a look at Stripe", () => {
  it("asks for the stored session with its charge", async () => {
    const server = await localServer(() => json(session()));
    await openStripe({ baseUrl: server.url }).look(storedPayment);
    expect(decodeURIComponent(server.calls[0]?.path ?? "")).toBe(
      `/v1/checkout/sessions/${sessionId}?expand[0]=payment_intent.latest_charge`,
    );
  });

  it("knows nothing, and asks nothing, before the session has an id", async () => {
    const said = await openStripe({ baseUrl: "http://127.0.0.1:9" }).look(payment());
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
  ])("hears %s", async (_title, said, observations) => {
    expect(await looked(json(said))).toEqual(observations);
  });

  it("hears paid, then refunded: each refund by its id, as events tell it", async () => {
    const console = stripeRefund({ id: "re_2", amount: 100, metadata: {} });
    const server = await localServer((_call, count) =>
      json(count === 1 ? paidSession({ amount_refunded: 330 }) : page([console, stripeRefund()])),
    );
    const seen = { orderNo, tradeNo: "pi_1" };
    expect(await openStripe({ baseUrl: server.url }).look(storedPayment)).toEqual([
      paid,
      { kind: "refunded", ...seen, refundNo: null, refundId: "re_2", amount: usd(100) },
      { kind: "refunded", ...seen, refundNo: "R1", refundId: "re_1", amount: usd(230) },
    ]);
    expect(server.calls[1]?.path).toBe("/v1/refunds?payment_intent=pi_1&limit=100");
  });

  // Stripe lists refunds newest first (https://docs.stripe.com/api/refunds/list).
  it("hears of refunds that failed before those that took their place", async () => {
    const refunds = [
      stripeRefund({ id: "re_3", amount: 1230, metadata: {} }),
      stripeRefund({ id: "re_2", status: "pending", amount: 1, metadata: {} }),
      stripeRefund({ status: "failed", amount: 1230 }),
      stripeRefund({ id: "re_0", status: "canceled", amount: 5, metadata: {} }),
    ];
    const server = await localServer((_call, count) =>
      json(count === 1 ? paidSession({ amount_refunded: 1230 }) : page(refunds)),
    );
    const said = await openStripe({ baseUrl: server.url }).look(storedPayment);
    expect(said.map((seen) => ("refundId" in seen ? seen.refundId : seen.kind))).toEqual([
      "paid",
      "re_1",
      "re_0",
      "re_3",
      "re_2",
    ]);
  });

  // The charge's amount_refunded no longer counts a refund that failed (https://docs.stripe.com/refunds#failed-refunds).
  it("reads the refunds of a payment that we believe refunded, when the charge shows none any more", async () => {
    const refunds = [stripeRefund({ status: "failed" })];
    const server = await localServer((_call, count) => json(count === 1 ? paidSession() : page(refunds)));
    const adapter = openStripe({ baseUrl: server.url });
    expect(await adapter.look({ ...storedPayment, refundedMinor: 230 })).toMatchObject([
      { kind: "paid" },
      { kind: "refundFailed", refundId: "re_1" },
    ]);
  });

  it("tells a refusal that is in no table, for a person", async () => {
    const refusal = { error: { type: "invalid_request_error", code: "brand_new", message: "no" } };
    expect(await looked(json(refusal, 400))).toEqual([
      { kind: "unknown", orderNo, why: "Stripe: brand_new", unlisted: "brand_new" },
    ]);
  });

  it("reads an answer that begins with a byte order mark", async () => {
    const body = `\uFEFF${JSON.stringify(session())}`;
    const headers = { "content-type": "application/json" };
    expect(await looked({ status: 200, headers, body })).toMatchObject([{ kind: "open" }]);
  });

  it("hears paid, whatever becomes of the question about refunds", async () => {
    const server = await localServer((_call, count) =>
      count === 1 ? json(paidSession({ amount_refunded: 330 })) : "reset",
    );
    expect(await openStripe({ baseUrl: server.url }).look(storedPayment)).toEqual([
      paid,
      { kind: "unknown", orderNo, why: expect.any(String) },
    ]);
  });

  const complete = (status: string) =>
    session({ status: "complete", payment_intent: { id: "pi_1", status, latest_charge: null } });
  it.each([
    ["an open session", json(session()), "open"],
    ["an expired session", json(session({ status: "expired" })), "closed"],
    ["a delayed method under way", json(complete("processing")), "started"],
    ["a voucher not paid yet", json(complete("requires_action")), "started"],
    ["a delayed method that failed", json(complete("requires_payment_method")), "failed"],
    ["a cancelled intent", json(complete("canceled")), "failed"],
    ["a new session status", json(session({ status: "paused" })), "unrecognised"],
    ["no session status", json(session({ status: null })), "unrecognised"],
    ["a free session", json(session({ payment_status: "no_payment_required" })), "unrecognised"],
    ["a new payment status", json(session({ payment_status: "half" })), "unrecognised"],
    ["a session without our marks", json(session({ metadata: {} })), "unrecognised"],
    ["another session than the one that was asked for", json(session({ id: "cs_test_b2" })), "unrecognised"],
    ["another order's session", json({ ...paidSession(), client_reference_id: "UNI1" }), "unrecognised"],
    ["a paid session without an intent", json({ ...paidSession(), payment_intent: null }), "unrecognised"],
    ["a fraction of a cent", json({ ...paidSession(), amount_total: 12.5 }), "unrecognised"],
    ["a currency nobody knows", json({ ...paidSession(), currency: "xxx" }), "unrecognised"],
    ["a session that Stripe does not know", notFound, "unrecognised"],
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
  ] satisfies [string, Reply, string][])("tells %s apart", async (_title, reply, kind) => {
    expect(await looked(reply)).toEqual([expect.objectContaining({ kind })]);
  });
});

describe("a close at Stripe", () => {
  const closing = async (...replies: Reply[]) => {
    const server = await localServer((_call, count) => replies[count - 1] ?? "reset");
    const said = await openStripe({ baseUrl: server.url }).close?.(storedPayment);
    return { said, calls: server.calls };
  };

  it("expires the session", async () => {
    const { said, calls } = await closing(json(session({ status: "expired" })));
    expect(said).toMatchObject([{ kind: "closed", orderNo }]);
    expect(calls.map(({ method, path }) => `${method} ${path}`)).toEqual([
      `POST /v1/checkout/sessions/${sessionId}/expire`,
    ]);
  });

  it("never repeats an idempotency key, or Stripe would repeat an old refusal", async () => {
    const expired = json(session({ status: "expired" }));
    const keys = [await closing(expired), await closing(expired)].map(
      ({ calls }) => calls[0]?.headers["idempotency-key"],
    );
    expect(new Set(keys).size).toBe(2);
  });

  it.each([
    ["paid", paidSession(), "paid"],
    ["under way", session({ status: "complete" }), "started"],
    ["already expired", session({ status: "expired" }), "closed"],
    ["still open", session(), "open"],
  ])("that Stripe refuses tells what the session is: %s", async (_title, said, kind) => {
    expect((await closing(notOpen, json(said))).said).toMatchObject([{ kind }]);
  });

  it("whose outcome nobody knows is unknown", async () => {
    expect((await closing("reset")).said).toMatchObject([{ kind: "unknown" }]);
    expect((await closing(notOpen, "reset")).said).toMatchObject([{ kind: "unknown" }]);
    expect(await openStripe().close?.(payment())).toMatchObject([{ kind: "unknown" }]);
  });
});
