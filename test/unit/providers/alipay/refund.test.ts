import { describe, expect, it } from "vitest";
import { localServer, type Reply } from "../../outbound/local-server.ts";
import { orderNo, payment, refund, withRequest } from "../payments.ts";
import { gatewayAnswer, openAlipay, rawCredentials, refusal } from "./keys.ts";

const { providerRefundNo } = refund();
const paidPayment = payment({ status: "success", tradeNo: "2025112322001400000500000001" });

const refundAnswer = (content: unknown) => gatewayAnswer(content, "alipay.trade.refund");
const queryAnswer = (content: unknown) => gatewayAnswer(content, "alipay.trade.fastpay.refund.query");
const made = (changes: Record<string, unknown> = {}) =>
  refundAnswer({
    code: "10000",
    msg: "Success",
    out_trade_no: orderNo,
    fund_change: "Y",
    refund_fee: "4.60",
    ...changes,
  });
const found = (changes: Record<string, unknown> = {}) =>
  queryAnswer({
    code: "10000",
    msg: "Success",
    out_trade_no: orderNo,
    out_request_no: providerRefundNo,
    refund_status: "REFUND_SUCCESS",
    refund_amount: "2.30",
    ...changes,
  });
const nothing = queryAnswer({ code: "10000", msg: "Success" });

async function refunding(replies: Reply[], changes: Parameters<typeof refund>[0] = {}) {
  const server = await localServer((_call, count) => replies[count - 1] ?? "reset");
  const adapter = openAlipay({ baseUrl: server.url });
  const outcome = await adapter.refund?.(paidPayment, withRequest(adapter, paidPayment, refund(changes)));
  return { outcome, calls: server.calls };
}
const refunded = async (...replies: Reply[]) => (await refunding(replies)).outcome;
async function fetched(reply: Reply) {
  const { url } = await localServer(() => reply);
  return openAlipay({ baseUrl: url }).fetchRefund?.(paidPayment, refund());
}
const biz = (call: { body: string } | undefined) =>
  JSON.parse(new URLSearchParams(call?.body).get("biz_content") ?? "null");

describe("Alipay refunds", () => {
  it("an Alipay refund is sent with our refund number and its own amount", async () => {
    const { outcome, calls } = await refunding([made()], { reason: "a/b" });
    expect(outcome).toEqual({ kind: "refunded", refundId: providerRefundNo });
    expect(calls.map(biz)).toEqual([
      {
        out_trade_no: orderNo,
        refund_amount: "2.30",
        out_request_no: providerRefundNo,
        refund_reason: "a／b",
      },
    ]);
    expect(biz((await refunding([made()])).calls[0])).not.toHaveProperty("refund_reason");
  });

  it.each([
    ["that was made before", found(), { kind: "refunded", refundId: providerRefundNo }],
    ["that does not show yet", nothing, { kind: "unknown", why: expect.any(String) }],
    ["whose query fails", "reset", { kind: "unknown", why: expect.any(String) }],
  ] satisfies [string, Reply, object][])(
    "an Alipay refund answered without a change of funds is fetched: one %s",
    async (_title, second, outcome) => {
      for (const fund_change of ["N", undefined]) {
        expect(await refunded(made({ fund_change }), second)).toEqual(outcome);
      }
    },
  );

  const good = made();
  it.each([
    ["a success of another order", made({ out_trade_no: "UNI1" })],
    ["a signed answer of another method", nothing],
    ["an unsigned success", { body: '{"alipay_trade_refund_response":{"code":"10000","fund_change":"Y"}}' }],
    ["HTTP 500", { ...good, status: 500 }],
    ["HTML", { body: "<html></html>" }],
    ["a broken connection", "reset"],
  ] satisfies [string, Reply][])(
    "an Alipay refund has an unknown outcome after %s",
    async (_title, reply) => {
      expect(await refunded(reply)).toEqual({ kind: "unknown", why: expect.any(String) });
    },
  );
});

describe("Alipay fetchRefund", () => {
  it("Alipay's fetchRefund queries by our numbers", async () => {
    const server = await localServer(() => found());
    await openAlipay({ baseUrl: server.url }).fetchRefund?.(paidPayment, refund());
    expect(biz(server.calls[0])).toEqual({ out_trade_no: orderNo, out_request_no: providerRefundNo });
  });

  it.each([
    ["REFUND_SUCCESS", found(), "refunded"],
    ["REFUND_SUCCESS without an amount", found({ refund_amount: undefined }), "refunded"],
    ["an empty success", nothing, "missing"],
    ["an empty success that repeats the numbers", found({ refund_status: undefined }), "missing"],
    ["a trade that does not exist", queryAnswer(refusal("ACQ.TRADE_NOT_EXIST")), "missing"],
    ["another status", found({ refund_status: "REFUND_PROCESSING" }), "unknown"],
    ["another amount", found({ refund_amount: "2.31" }), "unknown"],
    ["an invalid amount", found({ refund_amount: "2,30" }), "unknown"],
    ["another refund", found({ out_request_no: "R1" }), "unknown"],
    ["another order", found({ out_trade_no: "UNI1" }), "unknown"],
    ["a missing permission", queryAnswer(refusal("isv.insufficient-isv-permissions", "40006")), "unknown"],
    ["a refusal that would be final for a refund", queryAnswer(refusal("ACQ.TRADE_STATUS_ERROR")), "unknown"],
    ["ACQ.SYSTEM_ERROR", queryAnswer(refusal("ACQ.SYSTEM_ERROR")), "unknown"],
    [
      "an unsigned answer",
      { body: '{"alipay_trade_fastpay_refund_query_response":{"code":"10000"}}' },
      "unknown",
    ],
    ["a broken connection", "reset", "unknown"],
  ] satisfies [string, Reply, string][])(
    "Alipay's fetchRefund maps %s to $2",
    async (_title, reply, kind) => {
      expect(await fetched(reply)).toMatchObject({ kind });
    },
  );
});

it("Alipay refund outcomes contain no key, signature or request", async () => {
  const echo = refusal("isv.invalid-signature", "40002", "canary-signed-text");
  const said = [
    await refunded(refundAnswer(echo)),
    await refunded({ body: "canary-answer" }),
    await fetched(queryAnswer(echo)),
    await fetched({ body: '{"error_response":{"code":"canary answer"}}' }),
  ];
  for (const secret of ["canary", "sign=", rawCredentials.private_key.slice(40, 80)])
    expect(JSON.stringify(said)).not.toContain(secret);
});
