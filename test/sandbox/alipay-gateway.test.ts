import { describe, expect, it } from "vitest";
import { toBeijing } from "../../scripts/sandbox/alipay/beijing-time.ts";
import { anAlipayMerchant } from "./alipay-merchant.ts";
import { aSandbox, post } from "./sandbox.ts";

const hours = 3600 * 1000;

// Requests are signed by alipay-sdk 4.14.0, which also verifies every answer (validateSign).
describe("Alipay simulator: gateway", () => {
  // alipay.trade.page.pay: the checkout page creates the trade (opendocs.alipay.com/open/028r8t).
  it("the Alipay simulator creates a trade only when the buyer opens the pay URL", async () => {
    const sandbox = await aSandbox();
    const merchant = await anAlipayMerchant(sandbox);
    const url = merchant.payUrl();
    expect(await merchant.call("alipay.trade.query", { out_trade_no: "ORDER1" })).toMatchObject({
      code: "40004",
      subCode: "ACQ.TRADE_NOT_EXIST",
    });
    expect(await merchant.call("alipay.trade.close", { out_trade_no: "ORDER1" })).toMatchObject({
      subCode: "ACQ.TRADE_NOT_EXIST",
    });
    const early = await sandbox.control("alipay", "pay", { order_no: "ORDER1" });
    expect(early).toMatchObject({
      status: 404,
      body: { error: expect.stringContaining("open the pay URL by GET") },
    });

    const shown = await fetch(url);
    expect(shown.status).toBe(200);
    expect(await merchant.call("alipay.trade.query", { out_trade_no: "ORDER1" })).toMatchObject({
      code: "10000",
      tradeStatus: "WAIT_BUYER_PAY",
      totalAmount: "12.34",
    });
  });

  it("the Alipay simulator reports when a trade was paid, and its ledger counts in minor units", async () => {
    const sandbox = await aSandbox();
    const merchant = await anAlipayMerchant(sandbox);
    await fetch(merchant.payUrl());
    expect((await sandbox.control("alipay", "pay", { order_no: "ORDER1" })).status).toBe(200);
    const answer = await merchant.call("alipay.trade.query", { out_trade_no: "ORDER1" });
    expect(answer).toMatchObject({
      tradeStatus: "TRADE_SUCCESS",
      sendPayDate: expect.stringMatching(/^\d{4}-/),
    });
    expect(await sandbox.list("alipay", "payments")).toMatchObject([
      {
        order_no: "ORDER1",
        account: merchant.appId,
        trade_no: answer.tradeNo,
        status: "paid",
        amount: "12.34",
        amount_minor: 1234,
        currency: "CNY",
        created: 1,
      },
    ]);
    expect((await sandbox.control("alipay", "pay", { order_no: "ORDER1" })).status).toBe(409);
  });

  it("the Alipay simulator's pay page escapes HTML in the subject", async () => {
    const merchant = await anAlipayMerchant(await aSandbox());
    const page = await (await fetch(merchant.payUrl())).text();
    expect(page).toContain("茶 &lt;b&gt;tea");
    expect(page).not.toContain("<b>tea");
  });

  // The gateway verifies over all parameters but sign, sign_type included (opendocs.alipay.com/common/02kf5q).
  it("the Alipay simulator refuses a request whose parameters were changed after signing", async () => {
    const sandbox = await aSandbox();
    const merchant = await anAlipayMerchant(sandbox);
    const signed = merchant.sdk.sdkExecute("alipay.trade.query", {
      bizContent: { out_trade_no: "ORDER1" },
      timestamp: toBeijing(sandbox.clock.now()),
    });
    const form = new URLSearchParams(signed);
    form.set("biz_content", '{"out_trade_no":"ORDER2"}');
    const answer = await post(`${sandbox.simulators.alipay}/gateway.do`, form.toString());
    expect(await answer.json()).toMatchObject({
      alipay_trade_query_response: { code: "40002", sub_code: "isv.invalid-signature" },
    });
    const dearer = merchant.payUrl().replace("12.34", "00.01");
    expect(await (await fetch(dearer)).text()).toContain("isv.invalid-signature");
    expect(await sandbox.list("alipay", "payments")).toEqual([]);
  });

  it("the Alipay simulator refuses another account's key and an unknown application", async () => {
    const sandbox = await aSandbox();
    const [one, other] = [await anAlipayMerchant(sandbox), await anAlipayMerchant(sandbox)];
    one.sdk.config.appId = other.appId;
    await expect(one.call("alipay.trade.query", { out_trade_no: "ORDER1" })).rejects.toThrow("验签失败");
    one.sdk.config.appId = "2021000000000000";
    const timestamp = toBeijing(sandbox.clock.now());
    const unverified = { bizContent: { out_trade_no: "ORDER1" }, timestamp };
    const signed = one.sdk.sdkExecute("alipay.trade.query", unverified);
    const answer = await post(`${sandbox.simulators.alipay}/gateway.do`, signed);
    expect(await answer.json()).toEqual({
      error_response: expect.objectContaining({ sub_code: "isv.invalid-app-id" }),
    });
  });

  // alipay-sdk 4.14.0 writes the machine's local time, which is eight hours early on a machine in UTC.
  it("the Alipay simulator refuses a call whose timestamp is in UTC instead of UTC+8", async () => {
    const sandbox = await aSandbox();
    const merchant = await anAlipayMerchant(sandbox);
    const timestamp = toBeijing(new Date(sandbox.clock.now().getTime() - 8 * hours));
    const answer = await merchant.sdk.exec("alipay.trade.query", {
      bizContent: { out_trade_no: "A" },
      timestamp,
    });
    expect(answer).toMatchObject({ subCode: "isv.invalid-timestamp" });
  });

  // Answers escape slashes, so the signature holds over the exact text only (seen with alipay-sdk 4.14.0).
  it("the Alipay simulator signs the exact text of its answer, which re-serialising would change", async () => {
    const sandbox = await aSandbox();
    const merchant = await anAlipayMerchant(sandbox);
    await fetch(merchant.payUrl({ biz: { body: "tea/cake" } }));
    const answer = await merchant.call("alipay.trade.query", { out_trade_no: "ORDER1" });
    expect(answer.body).toBe("tea/cake");
    const signed = merchant.sdk.sdkExecute("alipay.trade.query", {
      bizContent: { out_trade_no: "ORDER1" },
      timestamp: toBeijing(sandbox.clock.now()),
    });
    const raw = await (await post(`${sandbox.simulators.alipay}/gateway.do`, signed)).text();
    expect(raw).toContain("tea\\/cake");
    expect(raw).not.toBe(JSON.stringify(JSON.parse(raw)));
  });

  it.each([
    ["an amount of zero", { total_amount: "0.00" }],
    ["a third decimal", { total_amount: "1.234" }],
    ["an amount over one hundred million", { total_amount: "100000000.01" }],
    ["a hyphen in out_trade_no", { out_trade_no: "ORDER-1" }],
    ["an out_trade_no of 65 characters", { out_trade_no: "A".repeat(65) }],
    // opendocs.alipay.com/open/028r8t: "不可使用特殊字符，如 /，=，& 等", 256 and 128, Price(11).
    ["a slash in the subject", { subject: "tea/cake" }],
    ["an equals sign in the subject", { subject: "tea=cake" }],
    ["an ampersand in the subject", { subject: "tea & cake" }],
    ["a subject of 257 letters", { subject: "x".repeat(257) }],
    ["a subject of 129 Chinese characters", { subject: "茶".repeat(129) }],
    ["a body of 129 letters", { body: "x".repeat(129) }],
    ["passback_params of 513 letters", { passback_params: "x".repeat(513) }],
    ["an amount of 12 characters", { total_amount: "100000000.00" }],
    ["a time_expire with a zone", { time_expire: "2030-01-01T00:00:00+08:00" }],
    ["another product_code", { product_code: "QUICK_WAP_WAY" }],
  ])("the Alipay simulator refuses %s in a pay URL", async (_, biz) => {
    const sandbox = await aSandbox();
    const merchant = await anAlipayMerchant(sandbox);
    const page = await fetch(merchant.payUrl({ biz }));
    expect(page.status).toBe(400);
    expect(await page.text()).toContain("ACQ.INVALID_PARAMETER");
    expect(await sandbox.list("alipay", "payments")).toEqual([]);
  });

  // time_expire, UTC+8 (alipay.trade.page.pay).
  it("the Alipay simulator closes an unpaid trade at time_expire and opens none after it", async () => {
    const sandbox = await aSandbox();
    const merchant = await anAlipayMerchant(sandbox);
    const time_expire = toBeijing(new Date(sandbox.clock.now().getTime() + hours));
    const [opened, unopened] = ["OPENED", "UNOPENED"].map((out_trade_no) =>
      merchant.payUrl({ biz: { out_trade_no, time_expire } }),
    );
    await fetch(opened ?? "");
    sandbox.clock.advance(hours + 1000);
    const answer = await merchant.call("alipay.trade.query", { out_trade_no: "OPENED" });
    expect(answer).toMatchObject({ tradeStatus: "TRADE_CLOSED" });
    expect(answer).not.toHaveProperty("sendPayDate");
    expect((await sandbox.control("alipay", "pay", { order_no: "OPENED" })).status).toBe(409);
    expect(await (await fetch(unopened ?? "")).text()).toContain("time_expire has passed");
  });

  // alipay.trade.close: unpaid trades only.
  it("the Alipay simulator closes an unpaid trade, but never a paid one", async () => {
    const sandbox = await aSandbox();
    const merchant = await anAlipayMerchant(sandbox);
    for (const out_trade_no of ["UNPAID", "PAID"]) await fetch(merchant.payUrl({ biz: { out_trade_no } }));
    await sandbox.control("alipay", "pay", { order_no: "PAID" });
    const close = (out_trade_no: string) => merchant.call("alipay.trade.close", { out_trade_no });
    expect(await close("UNPAID")).toMatchObject({ code: "10000", outTradeNo: "UNPAID" });
    expect(await close("PAID")).toMatchObject({ code: "40004", subCode: "ACQ.TRADE_STATUS_ERROR" });
    const url = merchant.payUrl({ biz: { out_trade_no: "UNPAID" } });
    expect(await (await fetch(url)).text()).toContain("ACQ.TRADE_HAS_CLOSE");
  });

  // alipay.trade.refund: out_request_no makes it idempotent; fund_change says whether money moved now.
  it("the Alipay simulator makes partial refunds, one per out_request_no, and never more than was paid", async () => {
    const sandbox = await aSandbox();
    const merchant = await anAlipayMerchant(sandbox);
    await fetch(merchant.payUrl());
    const refund = (out_request_no: string, refund_amount: string) =>
      merchant.call("alipay.trade.refund", { out_trade_no: "ORDER1", out_request_no, refund_amount });
    expect(await refund("R1", "2.34")).toMatchObject({ subCode: "ACQ.TRADE_STATUS_ERROR" });
    await sandbox.control("alipay", "pay", { order_no: "ORDER1" });
    expect(await refund("R1", "2.34")).toMatchObject({ code: "10000", fundChange: "Y", refundFee: "2.34" });
    expect(await refund("R1", "2.34")).toMatchObject({ code: "10000", fundChange: "N", refundFee: "2.34" });
    expect(await refund("R1", "3.00")).toMatchObject({ subCode: "ACQ.DISCORDANT_REPEAT_REQUEST" });
    expect(await refund("R2", "10.01")).toMatchObject({ subCode: "ACQ.REFUND_AMT_NOT_EQUAL_TOTAL" });
    expect(await refund("R2", "10.00")).toMatchObject({ fundChange: "Y", refundFee: "12.34" });
    const answer = await merchant.call("alipay.trade.query", { out_trade_no: "ORDER1" });
    expect(answer).toMatchObject({ tradeStatus: "TRADE_CLOSED", sendPayDate: expect.any(String) });
  });
});
