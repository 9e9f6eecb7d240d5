import { describe, expect, it } from "vitest";
import { refusals } from "../../../../lib/providers/alipay/refusals.ts";
import { localServer } from "../../outbound/local-server.ts";
import { newPayment, orderNo, payment, refund, withRequest } from "../payments.ts";
import { gatewayAnswer, openAlipay, refusal } from "./keys.ts";

/** Alipay's method for each call, and how the adapter makes the call. */
const calls = {
  create: {
    method: "alipay.trade.precreate",
    ask: (adapter: ReturnType<typeof openAlipay>) =>
      adapter.createPayment(payment({ scene: "qr" }), adapter.prepare(newPayment({ scene: "qr" })), "key"),
  },
  refund: {
    method: "alipay.trade.refund",
    ask: (adapter: ReturnType<typeof openAlipay>) =>
      adapter.refund?.(payment(), withRequest(adapter, payment(), refund())),
  },
  query: {
    method: "alipay.trade.query",
    ask: async (adapter: ReturnType<typeof openAlipay>) => (await adapter.fetchPayment(payment()))[0],
  },
  close: {
    method: "alipay.trade.close",
    ask: async (adapter: ReturnType<typeof openAlipay>) => (await adapter.close?.(payment()))?.[0],
  },
  refund_query: {
    method: "alipay.trade.fastpay.refund.query",
    ask: (adapter: ReturnType<typeof openAlipay>) => adapter.fetchRefund?.(payment(), refund()),
  },
};

async function notified(call: keyof typeof calls, code: string, topCode?: string) {
  const { method, ask } = calls[call];
  const { url } = await localServer(() => gatewayAnswer(refusal(code, topCode), method));
  return ask(openAlipay({ baseUrl: url }));
}

const final = (fault: string) => ({ kind: "refused", fault, ends: "subject", listed: true });
const open = { kind: "refused", fault: "merchant", ends: "nothing", listed: true };

// alipay/alipay-sdk-php-all v3/src/Model/AlipayTrade{Precreate,Create,Pay,Refund}ErrorResponseModel.php@d95249a lists the
// codes; opendocs.alipay.com/open/02ekfg and /02ekfk say what a merchant should do about each.
describe("signed Alipay refusals", () => {
  it.each([
    ["ACQ.EXIST_FORBIDDEN_WORD", final("request")],
    ["ACQ.TOTAL_FEE_EXCEED", final("request")],
    ["ACQ.NOW_TIME_AFTER_EXPIRE_TIME_ERROR", final("request")],
    ["ACQ.INVALID_PARAMETER", final("request")],
    ["isv.suspected-attack", final("request")],
    ["ACQ.BUYER_SELLER_EQUAL", final("buyer")],
    ["ACQ.BUYER_ENABLE_STATUS_FORBID", final("buyer")],
    [
      "ACQ.BUYER_PAYMENT_AMOUNT_DAY_LIMIT_ERROR",
      { kind: "refused", fault: "buyer", ends: "try", listed: true },
    ],
    // A monthly limit of the merchant: "联系支付宝小二提高限额".
    ["ACQ.BEYOND_PER_RECEIPT_RESTRICTION", open],
    ["ACQ.BEYOND_PAY_RESTRICTION", open],
    ["ACQ.MERCHANT_STATUS_NOT_NORMAL", open],
    ["ACQ.ACCESS_FORBIDDEN", open],
    ["ACQ.A_NEW_REASON", { kind: "refused", fault: "merchant", ends: "nothing", listed: false }],
  ])("Alipay's refusal of a QR code with %s maps to a fault and to what ends", async (code, outcome) => {
    expect(await notified("create", code)).toEqual({
      ...outcome,
      error: { code, message: expect.any(String) },
    });
  });

  it.each([
    "ACQ.SYSTEM_ERROR",
    "ACQ.TRADE_HAS_SUCCESS",
    "ACQ.TRADE_HAS_CLOSE",
    "ACQ.CONTEXT_INCONSISTENT",
    "ACQ.TRADE_BUYER_NOT_MATCH",
    // "同样的订单号不能重复多次申请二维码": an earlier one exists.
    "ACQ.APPLY_PC_MERCHANT_CODE_ERROR",
  ])(
    "Alipay's refusal of a QR code with %s has an unknown outcome, because an order may exist",
    async (code) => {
      expect(await notified("create", code)).toEqual({ kind: "unknown", why: `Alipay: ${code}` });
    },
  );

  it.each([
    // "建议联系买家进行线下退款处理", or the request is wrong as it stands.
    ["ACQ.BUYER_ENABLE_STATUS_FORBID", final("buyer")],
    ["ACQ.CUSTOMER_VALIDATE_ERROR", final("buyer")],
    ["ACQ.BUYER_NOT_EXIST", final("buyer")],
    ["ACQ.USER_NOT_MATCH_ERR", final("request")],
    ["ACQ.CURRENCY_NOT_SUPPORT", final("request")],
    ["ACQ.TRADE_HAS_FINISHED", final("request")],
    ["ACQ.REASON_TRADE_REFUND_FEE_ERR", final("request")],
    ["isv.invalid-parameter", final("request")],
    // "商户支付宝账户充值后重新发起退款即可".
    ["ACQ.SELLER_BALANCE_NOT_ENOUGH", open],
    ["ACQ.REASON_TRADE_BEEN_FREEZEN", open],
    ["ACQ.REFUND_ACCOUNT_NOT_EXIST", open],
    ["ACQ.OVERDRAFT_AGREEMENT_NOT_MATCH", open],
  ])("Alipay's refusal of a refund with %s maps to a fault and to what ends", async (code, outcome) => {
    expect(await notified("refund", code)).toEqual({
      ...outcome,
      error: { code, message: expect.any(String) },
    });
  });

  it.each(["ACQ.SYSTEM_ERROR", "ACQ.REFUND_CHARGE_ERROR", "ACQ.DISCORDANT_REPEAT_REQUEST"])(
    "Alipay's refusal of a refund with %s has an unknown outcome, because money may have moved",
    async (code) => {
      expect(await notified("refund", code)).toEqual({ kind: "unknown", why: `Alipay: ${code}` });
    },
  );

  it("Alipay's refusal of a refund with an unlisted code has an unknown outcome, because money may have moved", async () => {
    const outcome = { kind: "unknown", why: "Alipay: ACQ.A_NEW_REASON", unlisted: "ACQ.A_NEW_REASON" };
    expect(await notified("refund", "ACQ.A_NEW_REASON")).toEqual(outcome);
  });

  // opendocs.alipay.com/common/02km9f
  const limits = [
    ["isv.app-call-limited", "40005"],
    ["isv.method-call-limited", "40005"],
    ["isv.insufficient-isv-permissions", "40006"],
    ["isv.missing-signature-config", "40003"],
    ["invalid-auth-relations", "40003"],
    ["isv.invalid-signature", "40002"],
    ["isv.invalid-app-id", "40002"],
    ["aop.invalid-auth-token", "20001"],
    ["aop.app-auth-token-time-out", "20001"],
  ] as const;

  it.each(limits)(
    "a create or refund that Alipay's gateway refuses with %s (%s) is the merchant's fault and not final",
    async (code, top) => {
      expect(await notified("create", code, top)).toMatchObject(open);
      expect(await notified("refund", code, top)).toMatchObject(open);
    },
  );

  it.each(limits)("a query that Alipay's gateway refuses with %s (%s) raises no alarm", async (code, top) => {
    for (const call of ["query", "close", "refund_query"] as const) {
      expect(await notified(call, code, top)).not.toHaveProperty("unlisted");
      expect(await notified(call, code, top)).toMatchObject({ kind: "unknown", why: `Alipay: ${code}` });
    }
  });

  it.each(["isp.unknow-error", "aop.unknow-error", "isp.a-new-error"])(
    "every call that Alipay's gateway refuses with 20000 and %s has an unknown outcome",
    async (code) => {
      for (const call of Object.keys(calls) as (keyof typeof calls)[])
        expect(await notified(call, code, "20000")).toMatchObject({
          kind: "unknown",
          why: `Alipay: ${code}`,
        });
    },
  );

  it("an Alipay query or close refused with an unlisted code reports the code for an alarm", async () => {
    for (const call of ["query", "close", "refund_query"] as const)
      expect(await notified(call, "ACQ.NEW")).toMatchObject({ kind: "unknown", unlisted: "ACQ.NEW" });
  });

  it("TRADE_NOT_EXIST, in both spellings of Alipay's list, makes a payment or refund missing", async () => {
    expect(await notified("query", "ACQ.TRADE_NOT_EXIST")).toMatchObject({ kind: "missing", orderNo });
    expect(await notified("refund_query", "ACQ.TRADE_NOT_EXIST")).toMatchObject({ kind: "missing" });
    expect(await notified("refund_query", "TRADE_NOT_EXIST")).toMatchObject({ kind: "missing" });
  });

  it.each(["ACQ.TRADE_STATUS_ERROR", "ACQ.REASON_TRADE_STATUS_INVALID", "ACQ.REASON_ILLEGAL_STATUS"])(
    "a close that Alipay refuses with %s is followed by a query",
    async (code) => {
      const requested: string[] = [];
      const { url } = await localServer((call) => {
        const method = new URL(call.path, "http://x").searchParams.get("method") ?? "";
        requested.push(method);
        return gatewayAnswer(refusal(requested.length === 1 ? code : "ACQ.SYSTEM_ERROR"), method);
      });
      await openAlipay({ baseUrl: url }).close?.(payment());
      expect(requested).toEqual(["alipay.trade.close", "alipay.trade.query"]);
    },
  );

  it("the refusal tables have a rule for each of the 106, 4, 6, 31 and 5 business codes of Alipay's lists", () => {
    const business = (call: keyof typeof refusals) =>
      Object.keys(refusals[call]).filter((code) => /^(?:ACQ\.|TRADE_)/.test(code)).length;
    expect(Object.keys(refusals).map((call) => business(call as keyof typeof refusals))).toEqual([
      106, 4, 6, 31, 5,
    ]);
  });
});
