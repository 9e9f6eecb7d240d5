import { describe, expect, it } from "vitest";
import { refusals } from "../../lib/providers/alipay/refusals.ts";
import { verifiedMember } from "../../lib/providers/alipay/signature.ts";
import { anAlipayAdapter } from "./alipay-adapter.ts";
import { anAlipayMerchant } from "./alipay-merchant.ts";
import { aSandbox, post } from "./sandbox.ts";

const methods = {
  create: "alipay.trade.precreate",
  query: "alipay.trade.query",
  close: "alipay.trade.close",
  refund: "alipay.trade.refund",
  refund_query: "alipay.trade.fastpay.refund.query",
} as const;
const calls = Object.keys(methods) as (keyof typeof methods)[];
/** What differs from call to call, and the gateway's codes once. */
const codesOf = (call: keyof typeof methods) =>
  Object.keys(refusals[call]).filter((code) => call === "query" || /^(?:ACQ\.|TRADE_)/.test(code));

describe("the simulated Alipay refuses on request", () => {
  it.each(calls)("%s with every code of Alipay's list, signed", async (call) => {
    const { sandbox, account, faults } = await anAlipayAdapter();
    const method = methods[call];
    for (const code of codesOf(call)) {
      expect((await faults({ code, on: call })).status, code).toBe(200);
      const target = `${sandbox.simulators.alipay}/gateway.do?method=${method}&app_id=${account.app_id}`;
      const answer = Buffer.from(await (await post(target, "")).arrayBuffer());
      const content = verifiedMember(
        answer,
        `${method.replaceAll(".", "_")}_response`,
        account.public_key ?? "",
      );
      const said = JSON.parse(content ?? "{}") as { code?: string; sub_code?: string };
      expect(said.sub_code ?? said.code).toBe(code);
      expect(said.code).toMatch(/^(?:2000[01]|4000[1-6])$/);
    }
  });

  it("no call with a code that is not in its list", async () => {
    const { faults } = await anAlipayAdapter();
    expect((await faults({ code: "ACQ.SELLER_BALANCE_NOT_ENOUGH", on: "create" })).status).toBe(400);
    expect((await faults({ code: "ACQ.TRADE_NOT_EXIST", on: "pay" })).status).toBe(400);
  });

  it("a refund for the seller's balance, and makes the same refund once the money is there", async () => {
    const { paid, refund, faults } = await anAlipayAdapter();
    const stored = await paid();
    await faults({ code: "ACQ.SELLER_BALANCE_NOT_ENOUGH", on: "refund", times: 1 });
    expect(await refund(stored)).toMatchObject({ kind: "refused", fault: "merchant", ends: "nothing" });
    expect(await refund(stored)).toMatchObject({ kind: "refunded" });
  });

  it("a refund for the buyer's closed account, which is the end of it", async () => {
    const { paid, refund, faults } = await anAlipayAdapter();
    await faults({ code: "ACQ.CUSTOMER_VALIDATE_ERROR", on: "refund" });
    expect(await refund(await paid())).toMatchObject({ kind: "refused", fault: "buyer", ends: "subject" });
  });

  it("a refund without a signature, which nobody believes", async () => {
    const { paid, refund, faults } = await anAlipayAdapter();
    await faults({ code: "ACQ.TRADE_HAS_FINISHED", on: "refund", unsigned: true });
    expect(await refund(await paid())).toMatchObject({ kind: "unknown" });
  });

  it("queries beyond a rate, which is no alarm", async () => {
    const { paid, adapter, faults } = await anAlipayAdapter();
    const stored = await paid();
    await faults({ code: "isv.app-call-limited", on: "query", times: 1 });
    expect(await adapter.look(stored)).toEqual([
      { kind: "unknown", orderNo: stored.orderNo, why: "Alipay: isv.app-call-limited" },
    ]);
    expect(await adapter.look(stored)).toMatchObject([{ kind: "paid" }]);
  });

  it("a second code for the same order, after which a look tells whether the first was scanned", async () => {
    const { start, adapter, pay, faults } = await anAlipayAdapter();
    const { stored } = await start();
    await faults({ code: "ACQ.APPLY_PC_MERCHANT_CODE_ERROR", on: "create" });
    expect((await start({ orderNo: stored.orderNo })).started).toMatchObject({ kind: "unknown" });
    expect(await adapter.look(stored)).toMatchObject([{ kind: "missing" }]);
    await pay(stored.orderNo);
    expect(await adapter.look(stored)).toMatchObject([{ kind: "paid" }]);
  });

  // opendocs.alipay.com/open/05osuz: a number gets one order code, and no second.
  it("a second order code for a number by itself", async () => {
    const merchant = await anAlipayMerchant(await aSandbox());
    const biz = {
      out_trade_no: "ORDER1",
      total_amount: "1.00",
      subject: "茶",
      product_code: "QR_CODE_OFFLINE",
    };
    expect(await merchant.call(methods.create, biz)).toMatchObject({ code: "10000" });
    expect(await merchant.call(methods.create, biz)).toMatchObject({
      code: "40004",
      subCode: "ACQ.APPLY_PC_MERCHANT_CODE_ERROR",
    });
  });

  it.each([
    ["a refund_reason of 129 Chinese characters", { refund_reason: "茶".repeat(129) }],
    ["an out_request_no of 65 letters", { out_request_no: "x".repeat(65) }],
    ["an amount of a thousandth", { refund_amount: "0.001" }],
  ])("%s", async (_title, changes) => {
    const sandbox = await aSandbox();
    const merchant = await anAlipayMerchant(sandbox);
    await fetch(merchant.payUrl());
    await sandbox.control("alipay", "pay", { order_no: "ORDER1" });
    const refund = { out_trade_no: "ORDER1", out_request_no: "R1", refund_amount: "1.00", ...changes };
    expect(await merchant.call(methods.refund, refund)).toMatchObject({ subCode: "ACQ.INVALID_PARAMETER" });
  });
});

// github.com/smartwalle/alipay/pull/257, yansongda/pay/issues/167
describe("the simulated Alipay in GBK", () => {
  it("signs its answers over the bytes that it sends, and our adapter reads them", async () => {
    const { sandbox, account, paid, adapter, refund } = await anAlipayAdapter();
    const stored = await paid({ subject: "乗茶叶\u4e91", body: "第二件" });
    await sandbox.control("alipay", "charset", { account: account.app_id, answers: "GBK" });
    expect(await adapter.look(stored)).toMatchObject([{ kind: "paid", amount: { minor: 1230 } }]);
    expect(await refund(stored)).toMatchObject({ kind: "refunded" });
  });

  it("writes its notices in it, and our adapter hears them", async () => {
    const { sandbox, account, paid, adapter, receiver } = await anAlipayAdapter();
    await sandbox.control("alipay", "charset", { account: account.app_id, notices: "GBK" });
    const stored = await paid({ subject: "乗茶叶" });
    await sandbox.attempts("alipay", 1);
    const body = Buffer.from(receiver.received[0]?.body ?? "");
    expect(body.toString()).toContain("charset=GBK");
    const { observations } = await adapter.hear({ body, headers: {} }, account.app_id ?? "");
    expect(observations).toMatchObject([{ kind: "paid", orderNo: stored.orderNo }]);
  });

  it.each([{ answers: "latin1" }, { notices: "" }, { account: "1", answers: "GBK" }])(
    "is not switched on by %j",
    async (wanted) => {
      const { sandbox, account } = await anAlipayAdapter();
      const asked = { account: account.app_id, ...wanted };
      expect((await sandbox.control("alipay", "charset", asked)).status).toBeGreaterThanOrEqual(400);
    },
  );
});

describe("the simulated Alipay's notice", () => {
  const members = [
    "app_id",
    "auth_app_id",
    "buyer_id",
    "buyer_logon_id",
    "buyer_open_id",
    "buyer_pay_amount",
  ];
  const more = [
    "charset",
    "fund_bill_list",
    "gmt_create",
    "invoice_amount",
    "notify_id",
    "notify_time",
    "notify_type",
  ];
  const rest = [
    "out_trade_no",
    "point_amount",
    "receipt_amount",
    "seller_email",
    "seller_id",
    "subject",
    "total_amount",
  ];
  // opendocs.alipay.com/open/203/105286, the table of notice parameters.
  it("of a payment has the members that Alipay's always have", async () => {
    const { sandbox, paid, receiver } = await anAlipayAdapter();
    await paid();
    await sandbox.attempts("alipay", 1);
    const names = Object.keys(Object.fromEntries(new URLSearchParams(receiver.received[0]?.body)));
    expect(names).toEqual(
      expect.arrayContaining([...members, ...more, ...rest, "gmt_payment", "voucher_detail_list"]),
    );
  });

  // A TRADE_CLOSED with refund_fee=0.00 and gmt_close, and without gmt_payment, as products send it that tell of closes.
  it("of an unpaid close says that nothing was refunded, and is heard as a close", async () => {
    const { sandbox, start, account, adapter, receiver } = await anAlipayAdapter();
    const { stored } = await start();
    await sandbox.control("alipay", "fail", { order_no: stored.orderNo });
    expect((await sandbox.control("alipay", "tell-closed", { order_no: stored.orderNo })).status).toBe(409);
    await sandbox.control("alipay", "expire", { order_no: stored.orderNo });
    await sandbox.control("alipay", "tell-closed", { order_no: stored.orderNo });
    await sandbox.attempts("alipay", 1);
    const body = receiver.received[0]?.body ?? "";
    expect(Object.fromEntries(new URLSearchParams(body))).toMatchObject({ refund_fee: "0.00" });
    const { observations } = await adapter.hear(
      { body: Buffer.from(body), headers: {} },
      account.app_id ?? "",
    );
    expect(observations).toMatchObject([{ kind: "closed", orderNo: stored.orderNo }]);
  });
});
