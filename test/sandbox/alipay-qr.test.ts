import { describe, expect, it } from "vitest";
import { toBeijing } from "../../scripts/sandbox/alipay/beijing-time.ts";
import { anAlipayMerchant } from "./alipay-merchant.ts";
import { aReceiver } from "./receiver.ts";
import { aSandbox, post } from "./sandbox.ts";

const hour = 3_600_000;

async function aMerchant() {
  const sandbox = await aSandbox();
  const merchant = await anAlipayMerchant(sandbox);
  const time_expire = toBeijing(new Date(sandbox.clock.now().getTime() + hour));
  const order = { out_trade_no: "ORDER1", total_amount: "12.34", subject: "茶 <b>tea", time_expire };
  return {
    sandbox,
    merchant,
    precreate: (changes = {}) => merchant.call("alipay.trade.precreate", { ...order, ...changes }),
    query: () => merchant.call("alipay.trade.query", { out_trade_no: "ORDER1" }),
    control: (name: string) => sandbox.control("alipay", name, { order_no: "ORDER1" }),
  };
}

// Requests are signed and answers verified by alipay-sdk 4.14.0 (opendocs.alipay.com/open/02ekfg).
describe("Alipay simulator: QR codes", () => {
  it("an Alipay simulator QR code creates its trade only when it is scanned", async () => {
    const { sandbox, merchant, precreate, query } = await aMerchant();
    const { code, outTradeNo, qrCode } = await precreate();
    expect({ code, outTradeNo }).toEqual({ code: "10000", outTradeNo: "ORDER1" });
    expect(await query()).toMatchObject({ code: "40004", subCode: "ACQ.TRADE_NOT_EXIST" });
    const close = await merchant.call("alipay.trade.close", { out_trade_no: "ORDER1" });
    expect(close).toMatchObject({ subCode: "ACQ.TRADE_NOT_EXIST" });
    expect(await sandbox.list("alipay", "payments")).toEqual([]);

    const page = await (await fetch(qrCode)).text();
    expect(page).toContain("茶 &lt;b&gt;tea");
    expect(await query()).toMatchObject({ tradeStatus: "WAIT_BUYER_PAY", totalAmount: "12.34" });
  });

  it("an Alipay simulator QR code can be paid on the page behind it", async () => {
    const { sandbox, precreate, query } = await aMerchant();
    const { qrCode } = await precreate();
    const page = await (await fetch(qrCode)).text();
    const [, payUrl] = /action="([^"]+\/pay)"/.exec(page) ?? [];
    expect((await post(`${sandbox.simulators.alipay}${payUrl}`, "")).status).toBe(200);
    expect(await query()).toMatchObject({ tradeStatus: "TRADE_SUCCESS" });
  });

  it("the control route pay scans and pays an Alipay simulator QR code, and the merchant is notified", async () => {
    const sandbox = await aSandbox();
    const [merchant, receiver] = [await anAlipayMerchant(sandbox), await aReceiver()];
    const timestamp = toBeijing(sandbox.clock.now());
    const bizContent = {
      out_trade_no: "ORDER1",
      total_amount: "12.34",
      subject: "tea",
      passback_params: "x",
    };
    await merchant.sdk.exec("alipay.trade.precreate", { bizContent, timestamp, notifyUrl: receiver.url });
    expect((await sandbox.control("alipay", "pay", { order_no: "ORDER1" })).status).toBe(200);
    await sandbox.attempts("alipay", 1);
    const notice = Object.fromEntries(new URLSearchParams(receiver.received[0]?.body));
    expect(notice).toMatchObject({
      trade_status: "TRADE_SUCCESS",
      out_trade_no: "ORDER1",
      passback_params: "x",
    });
    expect(merchant.sdk.checkNotifySignV2(notice)).toBe(true);
  });

  it("the Alipay simulator returns the same QR code for the same request only", async () => {
    const { precreate } = await aMerchant();
    const [first, again, other] = [
      await precreate(),
      await precreate(),
      await precreate({ total_amount: "1.00" }),
    ];
    expect(again.qrCode).toBe(first.qrCode);
    expect(other.qrCode).not.toBe(first.qrCode);
    expect((await fetch(other.qrCode)).status).toBe(200);
    const late = await fetch(first.qrCode);
    expect([late.status, await late.text()]).toEqual([400, expect.stringContaining("CONTEXT_INCONSISTENT")]);
  });

  it("the Alipay simulator makes no QR code for an order that is paid or closed", async () => {
    const { precreate, control } = await aMerchant();
    await precreate();
    await control("pay");
    expect(await precreate()).toMatchObject({ code: "40004", subCode: "ACQ.TRADE_HAS_SUCCESS" });
    const closed = await aMerchant();
    await closed.precreate();
    await closed.control("fail");
    await closed.merchant.call("alipay.trade.close", { out_trade_no: "ORDER1" });
    expect(await closed.precreate()).toMatchObject({ subCode: "ACQ.TRADE_HAS_CLOSE" });
  });

  it("an Alipay simulator QR code cannot be scanned or paid after time_expire", async () => {
    const { sandbox, precreate, query, control } = await aMerchant();
    const { qrCode } = await precreate();
    sandbox.clock.advance(hour);
    expect(await (await fetch(qrCode)).text()).toContain("time_expire has passed");
    expect((await control("pay")).status).toBe(409);
    expect(await query()).toMatchObject({ subCode: "ACQ.TRADE_NOT_EXIST" });
  });

  it("an Alipay simulator QR code without time_expire is valid for two hours", async () => {
    const { sandbox, precreate } = await aMerchant();
    const { qrCode } = await precreate({ time_expire: undefined });
    sandbox.clock.advance(2 * hour);
    expect((await fetch(qrCode)).status).toBe(400);
  });

  // alipay-sdk-php-all v3/src/Model/AlipayTradePrecreateModel, time_expire: the code itself is valid for two hours.
  it("an Alipay simulator QR code is valid for two hours, but its trade until time_expire", async () => {
    const { sandbox, merchant, precreate, control } = await aMerchant();
    const time_expire = toBeijing(new Date(sandbox.clock.now().getTime() + 5 * hour));
    await precreate({ time_expire });
    const { qrCode } = await precreate({ out_trade_no: "ORDER2", time_expire });
    await control("fail");
    sandbox.clock.advance(2 * hour);
    expect((await fetch(qrCode)).status).toBe(400);
    expect((await sandbox.control("alipay", "pay", { order_no: "ORDER2" })).status).toBe(409);
    expect(await merchant.call("alipay.trade.query", { out_trade_no: "ORDER2" })).toMatchObject({
      subCode: "ACQ.TRADE_NOT_EXIST",
    });
    expect((await control("pay")).status).toBe(200);
  });

  it("the control route expire ends an Alipay simulator QR code, whether it was scanned or not", async () => {
    const { precreate, query, control } = await aMerchant();
    const { qrCode } = await precreate();
    expect((await control("expire")).status).toBe(200);
    expect((await fetch(qrCode)).status).toBe(400);
    const scanned = await aMerchant();
    await scanned.precreate();
    await scanned.control("fail");
    expect((await scanned.control("expire")).status).toBe(200);
    expect(await scanned.query()).toMatchObject({ tradeStatus: "TRADE_CLOSED" });
    expect(await query()).toMatchObject({ subCode: "ACQ.TRADE_NOT_EXIST" });
  });

  it.each([
    ["a product_code of pay pages", { product_code: "FAST_INSTANT_TRADE_PAY" }],
    ["an amount of zero", { total_amount: "0" }],
    ["no subject", { subject: undefined }],
    ["a time_expire that has passed", { time_expire: "2020-01-01 00:00:00" }],
  ])("the Alipay simulator refuses a QR code for %s", async (_, changes) => {
    const { precreate } = await aMerchant();
    expect(await precreate(changes)).toMatchObject({ code: "40004", subCode: "ACQ.INVALID_PARAMETER" });
  });
});
