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
/** The business codes of each call; the gateway's codes, which all calls share, only for query. */
const codesOf = (call: keyof typeof methods) =>
  Object.keys(refusals[call]).filter((code) => call === "query" || /^(?:ACQ\.|TRADE_)/.test(code));

describe("Alipay simulator: simulated refusals", () => {
  it.each(calls)(
    "the Alipay simulator can refuse %s with every code of Alipay's list, signed",
    async (call) => {
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
    },
  );

  it("the Alipay simulator rejects a fault whose code is not in the call's list", async () => {
    const { faults } = await anAlipayAdapter();
    expect((await faults({ code: "ACQ.SELLER_BALANCE_NOT_ENOUGH", on: "create" })).status).toBe(400);
    expect((await faults({ code: "ACQ.TRADE_NOT_EXIST", on: "pay" })).status).toBe(400);
  });

  it("a refund that the Alipay simulator refuses for the seller's balance succeeds when it is repeated", async () => {
    const { paid, refund, faults } = await anAlipayAdapter();
    const stored = await paid();
    await faults({ code: "ACQ.SELLER_BALANCE_NOT_ENOUGH", on: "refund", times: 1 });
    expect(await refund(stored)).toMatchObject({ kind: "refused", fault: "merchant", ends: "nothing" });
    expect(await refund(stored)).toMatchObject({ kind: "refunded" });
  });

  it("a refund that the Alipay simulator refuses for the buyer's account has failed for good", async () => {
    const { paid, refund, faults } = await anAlipayAdapter();
    await faults({ code: "ACQ.CUSTOMER_VALIDATE_ERROR", on: "refund" });
    expect(await refund(await paid())).toMatchObject({ kind: "refused", fault: "buyer", ends: "subject" });
  });

  it("the Alipay adapter treats an unsigned refusal of a refund as unknown", async () => {
    const { paid, refund, faults } = await anAlipayAdapter();
    await faults({ code: "ACQ.TRADE_HAS_FINISHED", on: "refund", unsigned: true });
    expect(await refund(await paid())).toMatchObject({ kind: "unknown" });
  });

  it("a rate limit of the Alipay simulator makes a query unknown, without an unlisted code", async () => {
    const { paid, adapter, faults } = await anAlipayAdapter();
    const stored = await paid();
    await faults({ code: "isv.app-call-limited", on: "query", times: 1 });
    expect(await adapter.fetchPayment(stored)).toEqual([
      { kind: "unknown", orderNo: stored.orderNo, why: "Alipay: isv.app-call-limited" },
    ]);
    expect(await adapter.fetchPayment(stored)).toMatchObject([{ kind: "paid" }]);
  });

  it("after the Alipay simulator refuses a second QR code, a fetch shows whether the first was paid", async () => {
    const { start, adapter, pay, faults } = await anAlipayAdapter();
    const { stored } = await start();
    await faults({ code: "ACQ.APPLY_PC_MERCHANT_CODE_ERROR", on: "create" });
    expect((await start({ orderNo: stored.orderNo })).started).toMatchObject({ kind: "unknown" });
    expect(await adapter.fetchPayment(stored)).toMatchObject([{ kind: "missing" }]);
    await pay(stored.orderNo);
    expect(await adapter.fetchPayment(stored)).toMatchObject([{ kind: "paid" }]);
  });

  // opendocs.alipay.com/open/05osuz: an out_trade_no gets only one order code.
  it("the Alipay simulator refuses a second order code for one out_trade_no", async () => {
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
  ])("the Alipay simulator refuses a refund with %s", async (_title, changes) => {
    const sandbox = await aSandbox();
    const merchant = await anAlipayMerchant(sandbox);
    await fetch(merchant.payUrl());
    await sandbox.control("alipay", "pay", { order_no: "ORDER1" });
    const refund = { out_trade_no: "ORDER1", out_request_no: "R1", refund_amount: "1.00", ...changes };
    expect(await merchant.call(methods.refund, refund)).toMatchObject({ subCode: "ACQ.INVALID_PARAMETER" });
  });
});

// github.com/smartwalle/alipay/pull/257, yansongda/pay/issues/167
describe("Alipay simulator: GBK", () => {
  it("the Alipay adapter reads GBK answers, which the Alipay simulator signs as bytes", async () => {
    const { sandbox, account, paid, adapter, refund } = await anAlipayAdapter();
    const stored = await paid({ subject: "乗茶叶\u4e91", body: "第二件" });
    await sandbox.control("alipay", "charset", { account: account.app_id, answers: "GBK" });
    expect(await adapter.fetchPayment(stored)).toMatchObject([{ kind: "paid", amount: { minor: 1230 } }]);
    expect(await refund(stored)).toMatchObject({ kind: "refunded" });
  });

  it("the Alipay adapter parses the Alipay simulator's notifications in GBK", async () => {
    const { sandbox, account, paid, adapter, receiver } = await anAlipayAdapter();
    await sandbox.control("alipay", "charset", { account: account.app_id, notices: "GBK" });
    const stored = await paid({ subject: "乗茶叶" });
    await sandbox.attempts("alipay", 1);
    const body = Buffer.from(receiver.received[0]?.body ?? "");
    expect(body.toString()).toContain("charset=GBK");
    const { events } = await adapter.parseWebhook({ body, headers: {} }, account.app_id ?? "");
    expect(events).toMatchObject([{ kind: "paid", orderNo: stored.orderNo }]);
  });

  it.each([{ answers: "latin1" }, { notices: "" }, { account: "1", answers: "GBK" }])(
    "the Alipay simulator refuses %j as a charset",
    async (input) => {
      const { sandbox, account } = await anAlipayAdapter();
      const requested = { account: account.app_id, ...input };
      expect((await sandbox.control("alipay", "charset", requested)).status).toBeGreaterThanOrEqual(400);
    },
  );
});

describe("Alipay simulator: notification members", () => {
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
  it("an Alipay simulator payment notification has the members that Alipay always sends", async () => {
    const { sandbox, paid, receiver } = await anAlipayAdapter();
    await paid();
    await sandbox.attempts("alipay", 1);
    const names = Object.keys(Object.fromEntries(new URLSearchParams(receiver.received[0]?.body)));
    expect(names).toEqual(
      expect.arrayContaining([...members, ...more, ...rest, "gmt_payment", "voucher_detail_list"]),
    );
  });

  // A TRADE_CLOSED with refund_fee=0.00 and gmt_close, and without gmt_payment, as it is sent by products that notify
  // about closes.
  it("the Alipay adapter parses the Alipay simulator's notification of an unpaid close as closed", async () => {
    const { sandbox, start, account, adapter, receiver } = await anAlipayAdapter();
    const { stored } = await start();
    await sandbox.control("alipay", "fail", { order_no: stored.orderNo });
    expect((await sandbox.control("alipay", "tell-closed", { order_no: stored.orderNo })).status).toBe(409);
    await sandbox.control("alipay", "expire", { order_no: stored.orderNo });
    await sandbox.control("alipay", "tell-closed", { order_no: stored.orderNo });
    await sandbox.attempts("alipay", 1);
    const body = receiver.received[0]?.body ?? "";
    expect(Object.fromEntries(new URLSearchParams(body))).toMatchObject({ refund_fee: "0.00" });
    const { events } = await adapter.parseWebhook(
      { body: Buffer.from(body), headers: {} },
      account.app_id ?? "",
    );
    expect(events).toMatchObject([{ kind: "closed", orderNo: stored.orderNo }]);
  });
});
