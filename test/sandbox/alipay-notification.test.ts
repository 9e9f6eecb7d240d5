import { describe, expect, it } from "vitest";
import { type AlipayMerchant, anAlipayMerchant } from "./alipay-merchant.ts";
import { aReceiver, type Receiver } from "./receiver.ts";
import { aSandbox, eventually, post, type TestSandbox } from "./sandbox.ts";

const minutes = 60 * 1000;

async function anOpenTrade(): Promise<{
  sandbox: TestSandbox;
  merchant: AlipayMerchant;
  receiver: Receiver;
}> {
  const sandbox = await aSandbox();
  const [merchant, receiver] = [await anAlipayMerchant(sandbox), await aReceiver()];
  const biz = { passback_params: "shop-7" };
  await fetch(
    merchant.payUrl({ biz, notifyUrl: receiver.url, returnUrl: "http://127.0.0.1:1/back?from=alipay" }),
  );
  return { sandbox, merchant, receiver };
}

function fields(receiver: Receiver, index = 0): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(receiver.received[index]?.body));
}

function deliveries(receiver: Receiver, count: number): Promise<void> {
  return eventually(() => expect(receiver.received).toHaveLength(count));
}

// Notifications are verified by alipay-sdk 4.14.0 (opendocs.alipay.com/open/203/105286).
describe("Alipay simulator: notifications", () => {
  it("an Alipay simulator notification contains the trade and a signature that the SDK accepts", async () => {
    const { sandbox, merchant, receiver } = await anOpenTrade();
    await sandbox.control("alipay", "pay", { order_no: "ORDER1" });
    await deliveries(receiver, 1);
    expect(fields(receiver)).toMatchObject({
      notify_type: "trade_status_sync",
      trade_status: "TRADE_SUCCESS",
      app_id: merchant.appId,
      seller_id: merchant.sellerId,
      out_trade_no: "ORDER1",
      total_amount: "12.34",
      subject: "茶 <b>tea",
      body: "a & b",
      passback_params: "shop-7",
      sign_type: "RSA2",
    });
    expect(receiver.received[0]?.headers["content-type"]).toContain("application/x-www-form-urlencoded");
    expect(merchant.sdk.checkNotifySignV2(fields(receiver))).toBe(true);
    expect(merchant.sdk.checkNotifySignV2({ ...fields(receiver), total_amount: "12.35" })).toBe(false);
  });

  // 4m, 10m, 10m, 1h, 2h, 6h, 15h: eight deliveries in all.
  it("an Alipay simulator notification is retried until the answer is exactly success", async () => {
    const { sandbox, receiver } = await anOpenTrade();
    receiver.answer = { status: 200, body: "success\n" };
    await sandbox.control("alipay", "pay", { order_no: "ORDER1" });
    let expected = 1;
    for (const wait of [4, 10, 10, 60, 120, 360, 900]) {
      await deliveries(receiver, expected);
      await sandbox.attempts("alipay", expected);
      sandbox.clock.advance(wait * minutes);
      expected += 1;
    }
    await deliveries(receiver, 8);
    await sandbox.attempts("alipay", 8);
    const ids = receiver.received.map((_, index) => fields(receiver, index).notify_id);
    expect(new Set(ids).size).toBe(1);
    const lines = await sandbox.list("alipay", "webhooks");
    expect(lines.map(({ attempt, outcome }) => [attempt, outcome])).toEqual(
      [1, 2, 3, 4, 5, 6, 7, 8].map((attempt) => [attempt, "refused"]),
    );
  });

  it("an Alipay simulator notification is not retried after the first success", async () => {
    const { sandbox, receiver } = await anOpenTrade();
    receiver.answer = { status: 500, body: "" };
    await sandbox.control("alipay", "pay", { order_no: "ORDER1" });
    await sandbox.attempts("alipay", 1);
    receiver.answer = { status: 200, body: "success" };
    sandbox.clock.advance(4 * minutes);
    await sandbox.attempts("alipay", 2);
    expect((await sandbox.list("alipay", "webhooks"))[1]).toMatchObject({ attempt: 2, outcome: "accepted" });
  });

  it("an Alipay simulator notification never follows a redirect", async () => {
    const { sandbox, receiver } = await anOpenTrade();
    const elsewhere = await aReceiver();
    receiver.answer = { status: 302, body: "", headers: { location: elsewhere.url } };
    await sandbox.control("alipay", "pay", { order_no: "ORDER1" });
    await sandbox.attempts("alipay", 1);
    expect((await sandbox.list("alipay", "webhooks"))[0]).toMatchObject({ status: 302, outcome: "refused" });
    expect(elsewhere.received).toEqual([]);
  });

  it("the Alipay simulator does not notify about a trade that was closed unpaid", async () => {
    const { sandbox, merchant, receiver } = await anOpenTrade();
    await merchant.call("alipay.trade.close", { out_trade_no: "ORDER1" });
    const biz = { out_trade_no: "ORDER2" };
    await fetch(merchant.payUrl({ biz, notifyUrl: receiver.url }));
    await sandbox.control("alipay", "pay", { order_no: "ORDER2" });
    await sandbox.attempts("alipay", 1);
    expect(fields(receiver).out_trade_no).toBe("ORDER2");
    expect(receiver.received).toHaveLength(1);
  });

  // Refunds use trade_status_sync too; a full refund has TRADE_CLOSED.
  it("an Alipay simulator notification of a refund has refund_fee and out_biz_no", async () => {
    const { sandbox, merchant, receiver } = await anOpenTrade();
    await sandbox.control("alipay", "pay", { order_no: "ORDER1" });
    await deliveries(receiver, 1);
    const refund = { out_trade_no: "ORDER1", out_request_no: "R1", refund_amount: "12.34" };
    await merchant.call("alipay.trade.refund", refund);
    await deliveries(receiver, 2);
    expect(fields(receiver, 1)).toMatchObject({
      trade_status: "TRADE_CLOSED",
      refund_fee: "12.34",
      out_biz_no: "R1",
    });
    expect(merchant.sdk.checkNotifySignV2(fields(receiver, 1))).toBe(true);
  });

  it("the Alipay simulator's pay page returns the buyer with a signed query after the payment", async () => {
    const { sandbox, merchant, receiver } = await anOpenTrade();
    const [trade] = await sandbox.list("alipay", "payments");
    const answer = await post(`${sandbox.simulators.alipay}/cashier/${trade?.trade_no}/pay`, "");
    expect(answer.status).toBe(303);
    const back = new URL(answer.headers.get("location") ?? "");
    expect(back.href).toContain("http://127.0.0.1:1/back?from=alipay&");
    const { from, ...signed } = Object.fromEntries(back.searchParams);
    expect(from).toBe("alipay");
    expect(signed).toMatchObject({
      out_trade_no: "ORDER1",
      trade_no: trade?.trade_no,
      total_amount: "12.34",
    });
    expect(merchant.sdk.checkNotifySignV2(signed)).toBe(true);
    await deliveries(receiver, 1);
  });
});
