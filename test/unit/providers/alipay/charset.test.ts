import { createSign } from "node:crypto";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { verifiedNotice } from "../../../../lib/providers/alipay/signature.ts";
import { toGbk } from "../../../../scripts/sandbox/alipay/gbk.ts";
import { localServer } from "../../outbound/local-server.ts";
import { newPayment, payment } from "../payments.ts";
import { appId, noticeBody, notice as noticeFields, openAlipay, rawCredentials, theirs } from "./keys.ts";

const publicKey = rawCredentials.public_key;
const signBytes = (bytes: Buffer) => createSign("RSA-SHA256").update(bytes).sign(theirs.privateKey, "base64");

/** A refusal in GBK with these words, signed over its GBK bytes. */
function gbkRefusal(words: string, member = "alipay_trade_precreate_response"): Buffer {
  const said = { code: "40004", msg: "Business Failed", sub_code: "ACQ.PARTNER_ERROR", sub_msg: words };
  const content = toGbk(JSON.stringify(said));
  return Buffer.concat([
    Buffer.from(`{"${member}":`),
    content,
    Buffer.from(`,"sign":"${signBytes(content)}"}`),
  ]);
}

async function created(body: Buffer, contentType?: string) {
  const headers = contentType === undefined ? {} : { headers: { "content-type": contentType } };
  const { url } = await localServer(() => ({ body, ...headers }));
  const adapter = openAlipay({ baseUrl: url });
  return adapter.createPayment(payment({ scene: "qr" }), adapter.prepare(newPayment({ scene: "qr" })), "key");
}

const refusedWith = (message: string) => ({
  kind: "refused",
  error: { code: "ACQ.PARTNER_ERROR", message },
});

// github.com/smartwalle/alipay/pull/257: although charset=utf-8 was requested, some refusals come in GBK, signed over these
// bytes; github.com/yansongda/pay/issues/167 and /14, dedemao/alipay/issues/7: notices with charset=GBK.
describe("Alipay answers in GBK", () => {
  it.each([undefined, "text/html;charset=utf-8", "text/html;charset=GBK", 'text/html; charset="gb2312"'])(
    "an Alipay answer in GBK is verified as bytes and then decoded, whatever content-type says: %s",
    async (contentType) => {
      expect(await created(gbkRefusal("系统繁忙"), contentType)).toMatchObject(refusedWith("系统繁忙"));
    },
  );

  it("an Alipay answer in GBK is read although the second byte of a character looks like JSON syntax", async () => {
    // 0x81 and then \ [ ] { | } in GBK.
    const words = new TextDecoder("gbk").decode(
      Buffer.from([0x81, 0x5c, 0x81, 0x5b, 0x81, 0x5d, 0x81, 0x7b, 0x81, 0x7d]),
    );
    expect(toGbk(words).toString("latin1")).toBe("\x81\\\x81[\x81]\x81{\x81}");
    expect(await created(gbkRefusal(words))).toMatchObject(refusedWith(words));
  });

  it("an Alipay answer in GBK is read with any characters", async () => {
    const ofGbk = fc.string({
      unit: fc.integer({ min: 0x4e00, max: 0x9fa5 }).map((code) => String.fromCharCode(code)),
      minLength: 1,
      maxLength: 60,
    });
    await fc.assert(
      fc.asyncProperty(ofGbk, async (words) => {
        expect(await created(gbkRefusal(words), "text/html;charset=GBK")).toMatchObject(refusedWith(words));
      }),
      { numRuns: 25 },
    );
  });

  it("an Alipay answer in GBK with one changed byte has an unknown outcome", async () => {
    const body = gbkRefusal("系统繁忙");
    body[body.indexOf(toGbk("系")) + 1]! ^= 1;
    expect(await created(body)).toMatchObject({ kind: "unknown" });
  });

  it("an unsigned Alipay answer in GBK has an unknown outcome, and its code is reported", async () => {
    const body = Buffer.concat([
      Buffer.from('{"error_response":{"code":"40002","sub_code":"isv.invalid-app-id","sub_msg":"'),
      toGbk("无效的AppID参数"),
      Buffer.from('"}}'),
    ]);
    expect(await created(body)).toEqual({
      kind: "unknown",
      why: "Alipay's answer is not signed or not readable: isv.invalid-app-id",
    });
  });

  it("an Alipay answer in GBK that ends within a character has an unknown outcome", async () => {
    for (const cutAt of [1, 2, 3, 30]) {
      const body = gbkRefusal("系统繁忙").subarray(0, -cutAt);
      expect(await created(body)).toMatchObject({ kind: "unknown" });
    }
  });
});

/** A notice whose texts are in GBK, signed over these bytes; with escapes, as a form usually is. */
function gbkNotice(changes: Record<string, string>, hasEscapes = true): Buffer {
  const fields = Object.entries(noticeFields({ subject: "茶叶", ...changes }));
  const sorted = fields.toSorted(([a], [b]) => (a < b ? -1 : 1));
  const text = toGbk(sorted.map(([name, value]) => `${name}=${value}`).join("&"));
  const escaped = (value: string) =>
    [...toGbk(value)].map((byte) => `%${byte.toString(16).padStart(2, "0")}`).join("");
  const raw = (value: string) =>
    toGbk(value)
      .toString("latin1")
      .replace(/[%&+=]/g, encodeURIComponent);
  const pairs = [...fields, ["sign_type", "RSA2"], ["sign", signBytes(text)]] as [string, string][];
  const body = pairs.map(([name, value]) => `${name}=${hasEscapes ? escaped(value) : raw(value)}`).join("&");
  return Buffer.from(body, "latin1");
}

describe("Alipay notices in GBK", () => {
  it.each(["GBK", "gbk", "GB2312", "GB18030", "utf-8", ""])(
    "an Alipay notice in GBK is verified as bytes and then decoded as declared, else as its bytes allow: charset=%s",
    async (charset) => {
      const body = gbkNotice({ charset });
      expect(verifiedNotice(body, publicKey)).toMatchObject({ subject: "茶叶", charset });
      const { events } = await openAlipay().parseWebhook({ body, headers: {} }, appId);
      expect(events).toMatchObject([{ kind: "paid", amount: { minor: 1230 } }]);
      expect(openAlipay().read(body, appId).events).toEqual(events);
    },
  );

  it("an Alipay notice in GBK may come without percent escapes", () => {
    expect(verifiedNotice(gbkNotice({ charset: "GBK" }, false), publicKey)).toMatchObject({
      subject: "茶叶",
    });
  });

  it("an Alipay notice in GBK with a changed byte is refused", () => {
    const body = gbkNotice({ charset: "GBK" });
    const changed = Buffer.from(body.toString().replace("%b2%e8", "%b2%e9"));
    expect(changed.equals(body)).toBe(false);
    expect(() => verifiedNotice(changed, publicKey)).toThrow(/does not fit/);
  });
});

describe("signed text of Alipay notices", () => {
  it("the signed text of an Alipay notice is unambiguous: no field's name can swallow another field", () => {
    const form = [...new URLSearchParams(noticeBody(noticeFields()).toString())];
    for (const swallowed of ["notify_id", "app_id", "total_amount", "gmt_payment", "trade_status"]) {
      const sorted = form
        .filter(([name]) => !name.startsWith("sign"))
        .toSorted(([a], [b]) => (a < b ? -1 : 1));
      const at = sorted.findIndex(([name]) => name === swallowed);
      const [first, second] = [sorted[at]!, sorted[at + 1]!];
      const others = form.filter((pair) => ![first[0], second[0]].includes(pair[0]));
      const merged = new URLSearchParams([...others, [`${first.join("=")}&${second[0]}`, second[1]]]);
      expect(() => verifiedNotice(Buffer.from(merged.toString()), publicKey)).toThrow(
        /a name that Alipay never/,
      );
    }
  });
});
