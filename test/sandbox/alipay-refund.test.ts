import { describe, expect, it } from "vitest";
import { anAlipayMerchant } from "./alipay-merchant.ts";
import { aReceiver } from "./receiver.ts";
import { aSandbox } from "./sandbox.ts";

async function aPaidTrade() {
  const sandbox = await aSandbox();
  const [merchant, receiver] = [await anAlipayMerchant(sandbox), await aReceiver()];
  await fetch(merchant.payUrl({ notifyUrl: receiver.url }));
  const control = (name: string, body: object = { order_no: "ORDER1" }) =>
    sandbox.control("alipay", name, body);
  await control("pay");
  await sandbox.attempts("alipay", 1);
  return {
    sandbox,
    merchant,
    control,
    refund: (out_request_no: string, refund_amount: string) =>
      merchant.call("alipay.trade.refund", { out_trade_no: "ORDER1", out_request_no, refund_amount }),
    find: (out_request_no: string) =>
      merchant.call("alipay.trade.fastpay.refund.query", { out_trade_no: "ORDER1", out_request_no }),
    /** Waits for the notification with this index; the payment's has index 0. */
    async notice(index: number): Promise<Record<string, string>> {
      await sandbox.attempts("alipay", index + 1);
      const fields = Object.fromEntries(new URLSearchParams(receiver.received[index]?.body));
      expect(merchant.sdk.checkNotifySignV2(fields)).toBe(true);
      return fields;
    },
  };
}

// opendocs.alipay.com/open/028sm9 (alipay.trade.refund); signed and verified by alipay-sdk 4.14.0.
describe("Alipay simulator: refunds", () => {
  // docs.open.alipay.com/api_1/alipay.trade.fastpay.refund.query: no data means that the refund has not succeeded.
  it("an Alipay simulator refund is found by out_request_no, and 10000 without data means none", async () => {
    const { refund, find, merchant } = await aPaidTrade();
    const { code, refundStatus, refundAmount } = await find("R1");
    expect({ code, refundStatus, refundAmount }).toEqual({ code: "10000" });
    await refund("R1", "2.34");
    expect(await find("R1")).toMatchObject({
      code: "10000",
      outRequestNo: "R1",
      refundStatus: "REFUND_SUCCESS",
      refundAmount: "2.34",
      totalAmount: "12.34",
    });
    const external = { out_trade_no: "ORDER2", out_request_no: "R1" };
    const unknown = await merchant.call("alipay.trade.fastpay.refund.query", external);
    expect(unknown).toMatchObject({ code: "40004", subCode: "ACQ.TRADE_NOT_EXIST" });
    const numberless = await merchant.call("alipay.trade.fastpay.refund.query", { out_trade_no: "ORDER1" });
    expect(numberless).toMatchObject({ subCode: "ACQ.INVALID_PARAMETER" });
  });

  it("an Alipay simulator refund notification has the total of all refunds, not the refund's own amount", async () => {
    const { refund, notice } = await aPaidTrade();
    await refund("R1", "2.34");
    expect(await notice(1)).toMatchObject({
      trade_status: "TRADE_SUCCESS",
      refund_fee: "2.34",
      out_biz_no: "R1",
    });
    await refund("R2", "1.00");
    expect(await notice(2)).toMatchObject({
      trade_status: "TRADE_SUCCESS",
      refund_fee: "3.34",
      out_biz_no: "R2",
    });
  });

  it("an Alipay simulator refund can settle later: fund_change N, and no status until then", async () => {
    const { sandbox, refund, find, control, notice } = await aPaidTrade();
    await control("refund-result", { status: "PROCESSING" });
    expect(await refund("R1", "12.34")).toMatchObject({ code: "10000", fundChange: "N", refundFee: "0.00" });
    const pending = await find("R1");
    expect(pending).toMatchObject({ code: "10000", refundAmount: "12.34" });
    expect(pending).not.toHaveProperty("refundStatus");
    expect(await sandbox.list("alipay", "payments")).toMatchObject([{ status: "paid", refunded_minor: 0 }]);
    expect(await refund("R2", "0.01")).toMatchObject({ subCode: "ACQ.REFUND_AMT_NOT_EQUAL_TOTAL" });

    expect((await control("refund-result", { refund_no: "R1", status: "SUCCESS" })).status).toBe(200);
    expect(await notice(1)).toMatchObject({ trade_status: "TRADE_CLOSED", refund_fee: "12.34" });
    expect(await find("R1")).toMatchObject({ refundStatus: "REFUND_SUCCESS" });
    expect(await refund("R1", "12.34")).toMatchObject({ fundChange: "N", refundFee: "12.34" });
    expect((await control("refund-result", { refund_no: "R3", status: "SUCCESS" })).status).toBe(404);
    expect((await control("refund-result", { refund_no: "R1", status: "CLOSED" })).status).toBe(400);
  });

  it("the Alipay simulator refuses a new refund of a finished trade, but still answers a repeated one", async () => {
    const { refund, control, notice, merchant } = await aPaidTrade();
    await refund("R1", "2.34");
    await notice(1);
    expect((await control("finish")).status).toBe(200);
    expect(await notice(2)).toMatchObject({ trade_status: "TRADE_FINISHED" });
    expect(await refund("R2", "1.00")).toMatchObject({ code: "40004", subCode: "ACQ.TRADE_HAS_FINISHED" });
    expect(await refund("R1", "2.34")).toMatchObject({ code: "10000", fundChange: "N" });
    const query = await merchant.call("alipay.trade.query", { out_trade_no: "ORDER1" });
    expect(query).toMatchObject({ tradeStatus: "TRADE_FINISHED" });
    expect((await control("refund")).status).toBe(409);
  });

  it("the Alipay simulator refuses a refund beyond the seller's balance", async () => {
    const { refund, control, merchant } = await aPaidTrade();
    await control("balance", { account: merchant.appId, available: "2.33" });
    expect(await refund("R1", "2.34")).toMatchObject({ subCode: "ACQ.SELLER_BALANCE_NOT_ENOUGH" });
    await control("balance", { account: merchant.appId });
    expect(await refund("R1", "2.34")).toMatchObject({ fundChange: "Y" });
  });

  it("an Alipay simulator refund made in the console is notified without out_biz_no", async () => {
    const { sandbox, refund, control, notice } = await aPaidTrade();
    await refund("R1", "2.34");
    await notice(1);
    expect((await control("refund", { order_no: "ORDER1", amount: 1.5 })).status).toBe(200);
    const partial = await notice(2);
    expect(partial).toMatchObject({ trade_status: "TRADE_SUCCESS", refund_fee: "3.84" });
    expect(partial).not.toHaveProperty("out_biz_no");
    expect((await control("refund")).status).toBe(200);
    expect(await notice(3)).toMatchObject({ trade_status: "TRADE_CLOSED", refund_fee: "12.34" });
    expect(await sandbox.list("alipay", "payments")).toMatchObject([
      { status: "refunded", refunded_minor: 1234 },
    ]);
    expect((await control("refund")).status).toBe(409);
    expect((await control("resend")).status).toBe(200);
    expect(await notice(4)).toMatchObject({ refund_fee: "12.34" });
  });

  it("the Alipay simulator has no disputes, because Alipay reports none", async () => {
    const { control } = await aPaidTrade();
    expect((await control("dispute")).status).toBe(404);
  });
});
