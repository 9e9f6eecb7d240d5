import { describe, expect, it } from "vitest";
import { aReceiver } from "./receiver.ts";
import { aSandbox, eventually } from "./sandbox.ts";
import { aWechatMerchant } from "./wechat-merchant.ts";

const hour = 3_600_000;

async function aPaidOrder() {
  const [sandbox, receiver] = [await aSandbox(), await aReceiver()];
  const merchant = await aWechatMerchant(sandbox);
  await merchant.create({ notify_url: receiver.url });
  const control = (name: string, body: object = { order_no: "ORDER1" }) =>
    sandbox.control("wechat", name, body);
  await control("pay");
  await sandbox.attempts("wechat", 1);
  const find = (number = "R1") => merchant.call("GET", `/v3/refund/domestic/refunds/${number}`);
  const notice = (index: number) =>
    eventually(() => {
      expect(receiver.received.length).toBeGreaterThan(index);
      return merchant.read(receiver.received[index]);
    });
  return { sandbox, merchant, control, find, notice };
}

// pay.weixin.qq.com/wiki/doc/apiv3/apis/chapter3_1_9.shtml
describe("WeChat simulator: refunds", () => {
  it("a WeChat simulator refund is PROCESSING first, SUCCESS later, and notified to its own notify_url", async () => {
    const { sandbox, merchant, find } = await aPaidOrder();
    const own = await aReceiver();
    const accepted = await merchant.refund({ reason: "returned", notify_url: own.url });
    expect(accepted).toMatchObject({
      status: 200,
      body: {
        out_refund_no: "R1",
        out_trade_no: "ORDER1",
        refund_id: expect.stringMatching(/^5030\d{25}$/),
        status: "PROCESSING",
        amount: { refund: 234, total: 1234, payer_refund: 234, currency: "CNY" },
      },
    });
    expect(accepted.body).not.toHaveProperty("success_time");
    expect((await merchant.query()).body.trade_state).toBe("REFUND");
    expect(await sandbox.list("wechat", "payments")).toMatchObject([{ status: "paid", refunded_minor: 0 }]);

    sandbox.clock.advance(hour);
    await eventually(() => expect(own.received).toHaveLength(1));
    const notice = merchant.read(own.received[0]);
    expect(notice).toMatchObject({ event_type: "REFUND.SUCCESS", resource: { original_type: "refund" } });
    expect(notice.resource.opened).toEqual({
      mchid: merchant.mchId,
      out_trade_no: "ORDER1",
      transaction_id: accepted.body.transaction_id,
      out_refund_no: "R1",
      refund_id: accepted.body.refund_id,
      refund_status: "SUCCESS",
      success_time: expect.stringMatching(/\+08:00$/),
      user_received_account: expect.any(String),
      amount: { total: 1234, refund: 234, payer_total: 1234, payer_refund: 234 },
    });
    expect((await find()).body).toMatchObject({ status: "SUCCESS", success_time: expect.any(String) });
    expect(await sandbox.list("wechat", "payments")).toMatchObject([{ status: "paid", refunded_minor: 234 }]);
  });

  it("the WeChat simulator accepts a refund that the SDK signs, and the SDK finds it", async () => {
    const { merchant } = await aPaidOrder();
    const made = await merchant.sdk.refunds({
      out_trade_no: "ORDER1",
      out_refund_no: "R1",
      amount: { refund: 1, total: 1234, currency: "CNY" },
    });
    expect(made).toMatchObject({ status: 200, body: { status: "PROCESSING" } });
    expect(await merchant.sdk.find_refunds("R1")).toMatchObject({
      status: 200,
      body: { out_refund_no: "R1" },
    });
  });

  it("the WeChat simulator makes one refund per out_refund_no and refuses another amount for it", async () => {
    const { merchant } = await aPaidOrder();
    const [first, again] = [await merchant.refund(), await merchant.refund()];
    expect(again.body).toEqual(first.body);
    const other = await merchant.refund({ amount: { refund: 235, total: 1234, currency: "CNY" } });
    expect(other).toMatchObject({ status: 400, body: { code: "INVALID_REQUEST" } });
  });

  it("WeChat simulator refunds together never exceed the payment", async () => {
    const { sandbox, merchant } = await aPaidOrder();
    const amount = (refund: number) => ({ refund, total: 1234, currency: "CNY" });
    await merchant.refund({ out_refund_no: "R1", amount: amount(234) });
    const tooMuch = await merchant.refund({ out_refund_no: "R2", amount: amount(1001) });
    expect(tooMuch).toMatchObject({ status: 400, body: { code: "INVALID_REQUEST" } });
    expect((await merchant.refund({ out_refund_no: "R2", amount: amount(1000) })).status).toBe(200);
    sandbox.clock.advance(hour);
    await eventually(async () =>
      expect(await sandbox.list("wechat", "payments")).toMatchObject([
        { status: "refunded", refunded_minor: 1234 },
      ]),
    );
  });

  it.each([
    ["an order that is not paid", { out_trade_no: "UNPAID" }, 400, "INVALID_REQUEST"],
    ["an order that does not exist", { out_trade_no: "ORDER2" }, 404, "RESOURCE_NOT_EXISTS"],
    ["another total", { amount: { refund: 1, total: 1233, currency: "CNY" } }, 400, "INVALID_REQUEST"],
    ["an amount of zero", { amount: { refund: 0, total: 1234, currency: "CNY" } }, 400, "PARAM_ERROR"],
    ["a number with a dot", { out_refund_no: "R.1" }, 400, "PARAM_ERROR"],
    ["two orders at once", { transaction_id: "1" }, 400, "PARAM_ERROR"],
    ["a notify_url with a query", { notify_url: "https://a.example/?a=1" }, 400, "PARAM_ERROR"],
  ])("the WeChat simulator refuses a refund for %s", async (_, change, status, code) => {
    const { merchant, find } = await aPaidOrder();
    await merchant.create({ out_trade_no: "UNPAID" });
    expect(await merchant.refund(change)).toMatchObject({ status, body: { code } });
    expect(await find()).toMatchObject({ status: 404, body: { code: "RESOURCE_NOT_EXISTS" } });
  });

  it("a WeChat simulator refund gets NOT_ENOUGH until the balance suffices, and then succeeds", async () => {
    const { merchant, control, find } = await aPaidOrder();
    await control("balance", { account: merchant.mchId, available: "2.33" });
    expect(await merchant.refund()).toMatchObject({ status: 403, body: { code: "NOT_ENOUGH" } });
    expect((await find()).status).toBe(404);
    await control("balance", { account: merchant.mchId, available: "2.34" });
    expect((await merchant.refund()).status).toBe(200);
  });

  // ABNORMAL is not final: the merchant must act in the console.
  it("a WeChat simulator refund can go from ABNORMAL to SUCCESS, which is final", async () => {
    const { merchant, control, find, notice } = await aPaidOrder();
    const { body } = await merchant.refund();
    const end = (status: string, refund_no = "R1") => control("refund-result", { refund_no, status });
    expect((await end("ABNORMAL")).status).toBe(200);
    expect((await notice(1)).event_type).toBe("REFUND.ABNORMAL");
    expect((await find()).body.status).toBe("ABNORMAL");
    expect((await end("SUCCESS", body.refund_id)).status).toBe(200);
    expect((await notice(2)).event_type).toBe("REFUND.SUCCESS");
    expect((await end("CLOSED")).status).toBe(409);
    expect((await end("DONE")).status).toBe(400);
    expect((await end("SUCCESS", "R2")).status).toBe(404);
  });

  it("a CLOSED WeChat simulator refund frees its amount for another refund", async () => {
    const { sandbox, merchant, control, notice } = await aPaidOrder();
    const full = { refund: 1234, total: 1234, currency: "CNY" };
    await merchant.refund({ amount: full });
    await control("refund-result", { refund_no: "R1", status: "CLOSED" });
    const { event_type, resource } = await notice(1);
    expect([event_type, resource.opened.refund_status]).toEqual(["REFUND.CLOSED", "CLOSED"]);
    expect(resource.opened).not.toHaveProperty("success_time");
    expect((await merchant.refund({ out_refund_no: "R2", amount: full })).status).toBe(200);
    expect(await sandbox.list("wechat", "payments")).toMatchObject([{ refunded_minor: 0 }]);
  });

  it("a WeChat simulator refund ends with the planned status, or stays PROCESSING", async () => {
    const { sandbox, merchant, control, find, notice } = await aPaidOrder();
    await control("refund-result", { status: "CLOSED" });
    expect((await merchant.refund()).body.status).toBe("PROCESSING");
    expect((await notice(1)).event_type).toBe("REFUND.CLOSED");
    await merchant.refund({ out_refund_no: "R2" });
    await control("refund-result", { refund_no: "R2", status: "PROCESSING" });
    await merchant.refund({ out_refund_no: "R3" });
    sandbox.clock.advance(hour);
    expect((await notice(2)).resource.opened.out_refund_no).toBe("R3");
    expect((await find("R2")).body.status).toBe("PROCESSING");
  });

  it("a WeChat simulator refund made in the console takes an amount in yuan or the rest", async () => {
    const { merchant, control, find, notice } = await aPaidOrder();
    const { body } = await control("refund", { order_no: "ORDER1", amount: "2.34" });
    const first = (await notice(1)).resource.opened;
    expect(first).toMatchObject({ out_refund_no: body.refund_no, amount: { refund: 234 } });
    expect((await find(body.refund_no)).body.status).toBe("SUCCESS");
    expect((await control("refund")).status).toBe(200);
    expect((await notice(2)).resource.opened.amount.refund).toBe(1000);
    expect((await control("refund", { order_no: "ORDER1", amount: 0.01 })).status).toBe(409);
    expect((await merchant.query()).body.trade_state).toBe("REFUND");
  });

  it("the WeChat simulator has no disputes, because complaints are not simulated", async () => {
    const { control } = await aPaidOrder();
    expect((await control("dispute")).status).toBe(404);
  });
});
