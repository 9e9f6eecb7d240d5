import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { textLimits } from "../../lib/providers/alipay/limits.ts";
import { sizeOf } from "../../lib/providers/text-limit.ts";
import { anAlipayAdapter } from "./alipay-adapter.ts";

/**
 * Characters of one to four bytes in UTF-8, of one, two and four in GBK; and forbidden ones, which the adapter
 * replaces.
 */
const characters = ["x", " ", "é", "茶", "…", "\u0e01", "😀", "𠮷", "/", "=", "&", "\ud800"];

/** Texts whose length is near the limit, in bytes or in characters. */
function textsAt(most: number) {
  const uniform = fc
    .tuple(fc.constantFrom(...characters), fc.constantFrom(1, 2, 3, 4), fc.integer({ min: -2, max: 3 }))
    .map(([character, per, off]) => character.repeat(Math.floor(most / per) + off));
  const mixed = fc
    .array(fc.constantFrom(...characters), { minLength: Math.floor(most / 4) - 2, maxLength: most + 3 })
    .map((parts) => parts.join(""));
  return fc.oneof(uniform, mixed);
}

// opendocs.alipay.com/open/028r8t, 02ekfg, 02ekfk: 256, 128 and 256; global.alipay.com/doc/global/createandpay reads
// 256 as 128 Chinese characters, and so does the simulator.
describe("Alipay simulator: texts and amounts from the adapter", () => {
  const runs = { numRuns: 30 };

  it("the Alipay simulator accepts whatever subject and body the adapter sends for a QR code", async () => {
    const alipay = await anAlipayAdapter();
    const texts = fc.tuple(textsAt(textLimits.subject.most), textsAt(textLimits.body.most));
    await fc.assert(
      fc.asyncProperty(texts, async ([subject, body]) => {
        expect((await alipay.start({ subject, body })).started).toMatchObject({ kind: "payable" });
      }),
      runs,
    );
  });

  it("the Alipay simulator accepts whatever subject and body the adapter sends for a page", async () => {
    const alipay = await anAlipayAdapter();
    const texts = fc.tuple(textsAt(textLimits.subject.most), textsAt(textLimits.body.most));
    await fc.assert(
      fc.asyncProperty(texts, async ([subject, body]) => {
        const { started } = await alipay.start({ scene: "page", subject, body });
        const url = started.kind === "payable" ? started.payable.paymentUrl : "";
        expect((await fetch(url)).status).toBe(200);
      }),
      runs,
    );
  });

  it("the Alipay simulator accepts whatever refund reason the adapter sends", async () => {
    const alipay = await anAlipayAdapter();
    const stored = await alipay.paid({ amount: { minor: 1_000_000, currency: "CNY" } });
    let refunds = 0;
    await fc.assert(
      fc.asyncProperty(textsAt(textLimits.refund_reason.most), async (reason) => {
        refunds += 1;
        const refunded = await alipay.refund(stored, { reason, providerRefundNo: `R${refunds}` });
        expect(refunded).toMatchObject({ kind: "refunded" });
      }),
      runs,
    );
  });

  it.each([1, 2, 9_999_999_998, 9_999_999_999, 10_000_000_000])(
    "the Alipay simulator accepts a payment and a refund of %i fen in both scenes",
    async (minor) => {
      const alipay = await anAlipayAdapter();
      const amount = { minor, currency: "CNY" as const };
      const page = await alipay.start({ scene: "page", amount });
      const url = page.started.kind === "payable" ? page.started.payable.paymentUrl : "";
      expect((await fetch(url)).status).toBe(200);
      const stored = await alipay.paid({ amount });
      expect(await alipay.adapter.fetchPayment(stored)).toMatchObject([{ kind: "paid", amount }]);
      const providerRefundNo = `ALL${minor}`;
      expect(await alipay.refund(stored, { amount, providerRefundNo })).toMatchObject({ kind: "refunded" });
    },
  );
});

describe("Alipay adapter: subject limits", () => {
  it.each([
    ["256 letters", "x".repeat(256), "x".repeat(256)],
    ["257 letters", "x".repeat(257), `${"x".repeat(254)}…`],
    ["128 Chinese characters", "茶".repeat(128), "茶".repeat(128)],
    ["129 Chinese characters", "茶".repeat(129), `${"茶".repeat(127)}…`],
    ["64 emoji", "😀".repeat(64), "😀".repeat(64)],
    ["65 emoji", "😀".repeat(65), `${"😀".repeat(63)}…`],
    ["128 slashes, in full width", "/".repeat(128), "／".repeat(128)],
    ["half a character", `tea\ud83d`, "tea\ufffd"],
  ])("the Alipay adapter fits %s into a subject of 256 bytes", async (_title, subject, sent) => {
    const alipay = await anAlipayAdapter();
    expect((await alipay.start({ subject })).started).toMatchObject({ kind: "payable" });
    const [call] = await alipay.sandbox.list("alipay", "calls");
    const order = JSON.parse(new URLSearchParams(call?.body).get("biz_content") ?? "{}") as {
      subject: string;
    };
    expect(order.subject).toBe(sent);
    expect(sizeOf(order.subject, "gbk")).toBeLessThanOrEqual(256);
  });
});
