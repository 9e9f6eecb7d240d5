import { describe, expect, it } from "vitest";
import type { Refund } from "../../../../lib/domain/refund.ts";
import { localServer, type Reply } from "../../outbound/local-server.ts";
import { createdAt, orderNo, payment, withRequest } from "../payments.ts";
import { answer, openWechat, refusal, transactionId } from "./merchant.ts";

const input: Refund = {
  id: "1",
  userId: "1",
  orderId: "1",
  refundNo: "shop-refund-1",
  providerRefundNo: "R20251123120500ABCDEFGHJKMNPQRST",
  amount: { minor: 230, currency: "CNY" },
  status: "processing",
  reason: "茶".repeat(27),
  prepared: {},
  idempotencyKey: "R20251123120500ABCDEFGHJKMNPQRST",
  refundId: "",
  refusal: null,
  createdAt,
  updatedAt: createdAt,
};
const refundId = "50300000012025112300000000001";

const made = (changes: Record<string, unknown> = {}) => ({
  refund_id: refundId,
  out_refund_no: input.providerRefundNo,
  transaction_id: transactionId,
  out_trade_no: orderNo,
  channel: "ORIGINAL",
  status: "PROCESSING",
  create_time: "2025-11-23T20:05:00+08:00",
  amount: { total: 1230, refund: 230, payer_total: 1230, payer_refund: 230, currency: "CNY" },
  ...changes,
});

const requested = async (command: "refund" | "fetchRefund", reply: Reply) => {
  const server = await localServer(() => reply);
  const adapter = openWechat({ baseUrl: server.url });
  const outcome = await adapter[command]!(payment(), withRequest(adapter, payment(), input));
  return { outcome, calls: server.calls };
};
const commands = ["refund", "fetchRefund"] as const;

describe("WeChat Pay refunds", () => {
  it("a WeChat Pay refund is sent with our number, its amount and the order's amount in fen", async () => {
    const { calls } = await requested("refund", answer(made()));
    expect(calls).toMatchObject([{ method: "POST", path: "/v3/refund/domestic/refunds" }]);
    expect(JSON.parse(calls[0]?.body ?? "")).toEqual({
      out_trade_no: orderNo,
      out_refund_no: input.providerRefundNo,
      reason: `${"茶".repeat(25)}…`,
      amount: { refund: 230, total: 1230, currency: "CNY" },
    });
  });

  it("WeChat Pay's fetchRefund queries by our number", async () => {
    const { calls } = await requested("fetchRefund", answer(made()));
    const path = `/v3/refund/domestic/refunds/${input.providerRefundNo}`;
    expect(calls).toMatchObject([{ method: "GET", path, body: "" }]);
  });

  it("a WeChat Pay refund without a reason sends none", async () => {
    const server = await localServer(() => answer(made()));
    const adapter = openWechat({ baseUrl: server.url });
    await adapter.refund?.(payment(), withRequest(adapter, payment(), { ...input, reason: "" }));
    expect(JSON.parse(server.calls[0]?.body ?? "")).not.toHaveProperty("reason");
  });

  const outcomes = [
    ["SUCCESS", { kind: "refunded", refundId }],
    ["PROCESSING", { kind: "pending", refundId }],
    ["ABNORMAL", { kind: "pending", refundId, attention: true }],
    ["CLOSED", { kind: "failed", refundId, error: { code: "CLOSED", message: expect.any(String) } }],
    ["A_NEW_STATUS", { kind: "unknown", why: expect.stringContaining("A_NEW_STATUS") }],
  ] as const;
  it.each(
    commands.flatMap((command) => outcomes.map(([status, outcome]) => [command, status, outcome] as const)),
  )("WeChat Pay's answer to %s with status %s has the right outcome", async (command, status, outcome) => {
    expect((await requested(command, answer(made({ status })))).outcome).toEqual(outcome);
  });

  const unknowns = [
    ["another refund", answer(made({ out_refund_no: "R1" }))],
    ["another amount", answer(made({ amount: { refund: 231, total: 1230, currency: "CNY" } }))],
    ["another form", answer({})],
    ["SYSTEM_ERROR", refusal(500, "SYSTEM_ERROR")],
    ["an unsigned answer", { ...answer(made()), headers: {} }],
    ["an unsigned refusal", { ...refusal(404, "RESOURCE_NOT_EXISTS"), headers: {} }],
    ["a broken connection", "reset"],
  ] satisfies [string, Reply][];
  it.each(commands.flatMap((command) => unknowns.map(([title, reply]) => [command, title, reply] as const)))(
    "WeChat Pay's %s is unknown after %s",
    async (command, _title, reply) => {
      expect((await requested(command, reply)).outcome).toEqual({ kind: "unknown", why: expect.any(String) });
    },
  );

  // The codes one by one: refusals.test.ts.
  it("a refused WeChat Pay refund reports the fault and what ends", async () => {
    const { outcome } = await requested("refund", refusal(403, "NOT_ENOUGH"));
    const error = { code: "NOT_ENOUGH", message: "a reason" };
    expect(outcome).toEqual({ kind: "refused", fault: "merchant", ends: "nothing", listed: true, error });
  });

  it.each([
    [404, "RESOURCE_NOT_EXISTS", "missing"],
    [401, "SIGN_ERROR", "unknown"],
    [403, "NO_AUTH", "unknown"],
    [400, "PARAM_ERROR", "unknown"],
    [429, "FREQUENCY_LIMITED", "unknown"],
  ])("WeChat Pay's fetchRefund maps HTTP %i %s to %s", async (status, code, kind) => {
    expect((await requested("fetchRefund", refusal(status, code))).outcome).toEqual({
      kind,
      why: expect.stringContaining(code),
    });
  });
});
