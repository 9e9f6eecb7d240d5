import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { newProviderRefundNo } from "../../../../lib/domain/order-no.ts";
import { textLimits } from "../../../../lib/providers/wechat/limits.ts";
import { wechat } from "../../../../lib/providers/wechat/wechat.ts";
import { atTheSimulator } from "./simulated.ts";

/** Texts of 1- to 4-byte characters that end within a few bytes of the limit, on both sides. */
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

/** WeChat Pay accepts characters of one to three bytes only: a four-byte one is replaced by one of three bytes. */
const replaced = (text: string) => text.replace(/[\u{10000}-\u{10FFFF}]/gu, "\uFFFD");

/** Expects the whole text if it fits, else as much as fits and an ellipsis. */
function demandCut(sent: unknown, provided: string, most: number): void {
  const whole = replaced(provided);
  const bytes = Buffer.byteLength(String(sent));
  expect(bytes).toBeLessThanOrEqual(most);
  if (Buffer.byteLength(whole) <= most) {
    expect(sent).toBe(whole);
    return;
  }
  expect(sent).toMatch(/…$/);
  expect(whole.startsWith(String(sent).slice(0, -1))).toBe(true);
  // A character has at most three bytes: one more would not have fitted.
  expect(bytes).toBeGreaterThan(most - 3);
}

// Bytes: github.com/JeffreySu/WeiXinMPSDK/issues/3217.
describe("WeChat Pay text limits in bytes", () => {
  it("WeChat Pay accepts an order's description of any characters around its limit in bytes", async () => {
    const { order, start, sent } = await atTheSimulator();
    const { most } = textLimits.description;
    let count = 0;
    await fc.assert(
      fc.asyncProperty(textsAround(most), async (subject) => {
        const input = order({ subject, orderNo: `UNI${String(count++).padStart(29, "0")}` });
        expect(await start(input)).toMatchObject({ kind: "payable" });
        demandCut((await sent()).description, subject, most);
      }),
      { numRuns: 60 },
    );
  }, 60_000);

  it("WeChat Pay accepts a refund's reason of any characters around its limit in bytes", async () => {
    const { paid, refund, sent, sandbox } = await atTheSimulator();
    const { most } = textLimits.reason;
    const payment = await paid({ amount: { minor: 1_000_000, currency: "CNY" } });
    let count = 0;
    await fc.assert(
      fc.asyncProperty(textsAround(most), async (reason) => {
        // A trade allows 50 refunds.
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

  it("WeChat Pay accepts the merchant's own number of 64 characters", async () => {
    const { order, start, sent } = await atTheSimulator();
    const outTradeNo = "A_-9".repeat(16);
    expect(await start(order({ outTradeNo }))).toMatchObject({ kind: "payable" });
    expect((await sent()).attach).toBe(outTradeNo);
  });
});

describe("WeChat Pay amounts", () => {
  it.each([1, 99, 2_147_483_647, 10_000_000_000])("WeChat Pay accepts an order of %i fen", async (minor) => {
    const { order, start } = await atTheSimulator();
    expect(await start(order({ amount: { minor, currency: "CNY" } }))).toMatchObject({ kind: "payable" });
  });
});

describe("WeChat Pay refund notify_url", () => {
  const url = (length: number) => `https://pay.example/${"x".repeat(length - 20)}`;
  // 256 for a refund, 255 for a payment: pay.weixin.qq.com/doc/v3/merchant/4012552567, …/products/native-payment/apilist.html.
  it.each([
    [url(256), true],
    [url(257), false],
    ["https://pay.example/notify?config=1", false],
    ["http://pay.example/notify", false],
  ])(
    "a WeChat Pay refund omits a notify_url that WeChat Pay would refuse (%#)",
    async (webhookUrl, isSent) => {
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
    },
  );
});

describe("WeChat Pay QR code lifetime", () => {
  // An unchanged create returns the newest code: pay.weixin.qq.com/doc/v3/merchant/4012791870.
  it("a WeChat Pay QR code lives two hours; repeating the create then gives a new code for the same order", async () => {
    const { order, start, sandbox } = await atTheSimulator();
    const createdAt = sandbox.clock.now();
    const input = order({ createdAt, expiresAt: new Date(createdAt.getTime() + 5 * 3_600_000) });
    const first = await start(input);
    sandbox.clock.advance(2 * 3_600_000);
    const second = await start(input);
    expect(second).toMatchObject({ kind: "payable", payable: { paymentId: input.orderNo } });
    expect(second).not.toEqual(first);
    expect(await sandbox.list("wechat", "payments")).toMatchObject([{ created: 1 }]);
  });
});
