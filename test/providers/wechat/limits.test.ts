import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { newProviderRefundNo } from "../../../lib/payment/order-no.ts";
import { textLimits } from "../../../lib/providers/wechat/limits.ts";
import { wechat } from "../../../lib/providers/wechat/wechat.ts";
import { atTheSimulator } from "./simulated.ts";

/** Texts that end within a few bytes of the limit, on both sides, of characters of 1 to 4 bytes. */
function textsAround(most: number): fc.Arbitrary<string> {
  const character = fc.constantFrom("a", "é", "茶", "😀", "Ω", "文", "𠮷");
  const long = fc.integer({ min: most - 8, max: most + 8 });
  return fc
    .tuple(fc.array(character, { minLength: most, maxLength: most }), long)
    .map(([characters, size]) => {
      let text = "";
      for (const next of characters) {
        if (Buffer.byteLength(replaced(text + next)) > size) break;
        text += next;
      }
      return text;
    });
}

/** WeChat Pay has characters of one to three bytes only: each other one becomes one of three. */
const replaced = (text: string) => text.replace(/[\u{10000}-\u{10FFFF}]/gu, "\uFFFD");

/** What must have been sent: all of it where it fits, else as much as fits, and an ellipsis. */
function demandCut(sent: unknown, given: string, most: number): void {
  const whole = replaced(given);
  const bytes = Buffer.byteLength(String(sent));
  expect(bytes).toBeLessThanOrEqual(most);
  if (Buffer.byteLength(whole) <= most) {
    expect(sent).toBe(whole);
    return;
  }
  expect(sent).toMatch(/…$/);
  expect(whole.startsWith(String(sent).slice(0, -1))).toBe(true);
  // A character has three bytes at most: one more would not have fitted.
  expect(bytes).toBeGreaterThan(most - 3);
}

// Bytes: github.com/JeffreySu/WeiXinMPSDK/issues/3217.
describe("a text of any characters around its limit is taken by WeChat Pay, which counts bytes", () => {
  it("as the description of an order", async () => {
    const { order, start, sent } = await atTheSimulator();
    const { most } = textLimits.description;
    let count = 0;
    await fc.assert(
      fc.asyncProperty(textsAround(most), async (subject) => {
        const wanted = order({ subject, orderNo: `UNI${String(count++).padStart(29, "0")}` });
        expect(await start(wanted)).toMatchObject({ kind: "payable" });
        demandCut((await sent()).description, subject, most);
      }),
      { numRuns: 60 },
    );
  }, 60_000);

  it("as the reason of a refund", async () => {
    const { paid, refund, sent, sandbox } = await atTheSimulator();
    const { most } = textLimits.reason;
    const payment = await paid({ amount: { minor: 1_000_000, currency: "CNY" } });
    let count = 0;
    await fc.assert(
      fc.asyncProperty(textsAround(most), async (reason) => {
        // A trade takes 50 refunds.
        if (++count > 45) return;
        const providerRefundNo = newProviderRefundNo(sandbox.clock.now());
        const outcome = await refund(payment, {
          reason,
          providerRefundNo,
          amount: { minor: 1, currency: "CNY" },
        });
        expect(outcome).toMatchObject({ kind: "pending" });
        demandCut((await sent()).reason, reason, most);
      }),
      { numRuns: 45 },
    );
  }, 60_000);

  it("as the merchant's own number, 64 characters at most", async () => {
    const { order, start, sent } = await atTheSimulator();
    const outTradeNo = "A_-9".repeat(16);
    expect(await start(order({ outTradeNo }))).toMatchObject({ kind: "payable" });
    expect((await sent()).attach).toBe(outTradeNo);
  });
});

describe("a WeChat Pay amount", () => {
  it.each([1, 99, 2_147_483_647, 10_000_000_000])("of %i fen is taken", async (minor) => {
    const { order, start } = await atTheSimulator();
    expect(await start(order({ amount: { minor, currency: "CNY" } }))).toMatchObject({ kind: "payable" });
  });
});

describe("the notify_url of a WeChat Pay refund", () => {
  const url = (length: number) => `https://pay.example/${"x".repeat(length - 20)}`;
  // 256 for a refund, 255 for a payment: pay.weixin.qq.com/doc/v3/merchant/4012552567, …/products/native-payment/apilist.html.
  it.each([
    [url(256), true],
    [url(257), false],
    ["https://pay.example/notify?config=1", false],
    ["http://pay.example/notify", false],
  ])("is left out where WeChat Pay would refuse the refund for it (%#)", async (webhookUrl, isSent) => {
    const { paid, sandbox, credentials } = await atTheSimulator();
    const adapter = wechat.open(wechat.credentials.parse(credentials), {
      ...{ clock: sandbox.clock, baseUrl: sandbox.simulators.wechat, webhookUrl },
    });
    const payment = await paid();
    const planned = {
      providerRefundNo: newProviderRefundNo(sandbox.clock.now()),
      amount: payment.amount,
      reason: "",
    };
    const prepared = adapter.prepareRefund!(payment, planned);
    expect(prepared.notify_url).toBe(isSent ? webhookUrl : undefined);
  });
});

describe("the time of a WeChat Pay code", () => {
  // Sent again unchanged it gives the newest code: pay.weixin.qq.com/doc/v3/merchant/4012791870.
  it("is two hours; the same create sent again then gives a new code for the same order", async () => {
    const { order, start, sandbox } = await atTheSimulator();
    const createdAt = sandbox.clock.now();
    const wanted = order({ createdAt, expiresAt: new Date(createdAt.getTime() + 5 * 3_600_000) });
    const first = await start(wanted);
    sandbox.clock.advance(2 * 3_600_000);
    const second = await start(wanted);
    expect(second).toMatchObject({ kind: "payable", payable: { paymentId: wanted.orderNo } });
    expect(second).not.toEqual(first);
    expect(await sandbox.list("wechat", "payments")).toMatchObject([{ created: 1 }]);
  });
});
