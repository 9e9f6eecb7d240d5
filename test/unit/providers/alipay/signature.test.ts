import { AlipaySdk } from "alipay-sdk";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  topLevelMembers,
  verifiedMember,
  verifiedNotice,
} from "../../../../lib/providers/alipay/signature.ts";
import { appId, notice, noticeBody, ours, pem, rawCredentials, signed, theirs } from "./keys.ts";

const publicKey = rawCredentials.public_key;
const sdk = new AlipaySdk({
  appId,
  privateKey: rawCredentials.private_key,
  keyType: "PKCS8",
  alipayPublicKey: pem(theirs.publicKey, "spki"),
});

describe("Alipay notice signature", () => {
  it("an Alipay notice's signature covers the decoded values, including empty ones and percent signs", () => {
    expect(verifiedNotice(noticeBody(notice()), publicKey)).toEqual(notice());
  });

  it("an Alipay notice's signature is accepted exactly when the SDK accepts it", () => {
    const values = fc.string({ unit: "binary" });
    const fields = fc.dictionary(fc.stringMatching(/^[a-z][a-z_]{0,7}$/), values, { noNullPrototype: true });
    fc.assert(
      fc.property(fields, fc.boolean(), ({ sign: _, sign_type: __, ...plain }, tampered) => {
        const body = noticeBody(plain);
        const form = new URLSearchParams(body.toString());
        if (tampered) form.append("added", "1");
        const raw = Buffer.from(form.toString());
        const accepted = sdk.checkNotifySignV2(Object.fromEntries(form));
        if (accepted) expect(verifiedNotice(raw, publicKey)).toEqual(plain);
        else expect(() => verifiedNotice(raw, publicKey)).toThrow(/does not fit/);
      }),
      { numRuns: 60 },
    );
  });

  it.each([
    ["SHA-1, which the SDK would accept", noticeBody(notice(), "RSA", "RSA-SHA1"), /RSA2/],
    ["SHA-1 called RSA2", noticeBody(notice(), "RSA2", "RSA-SHA1"), /does not fit/],
    ["an unknown sign_type", noticeBody(notice(), "RSA3"), /RSA2/],
    [
      "no signature",
      Buffer.from(new URLSearchParams({ ...notice(), sign_type: "RSA2" }).toString()),
      /not signed/,
    ],
    ["no sign_type", Buffer.from(noticeBody(notice()).toString().replace("sign_type=RSA2&", "")), /RSA2/],
    [
      "a changed amount",
      Buffer.from(noticeBody(notice()).toString().replace("12.30", "12.31")),
      /does not fit/,
    ],
    [
      "a dropped empty field",
      Buffer.from(noticeBody(notice()).toString().replace("&body=", "")),
      /does not fit/,
    ],
    ["something behind a good signature", Buffer.from(`${noticeBody(notice())}AAAA`), /does not fit/],
    [
      "a good signature without its padding",
      Buffer.from(noticeBody(notice()).toString().replace("%3D%3D", "")),
      /does not fit/,
    ],
    ["a garbage signature", Buffer.from("a=1&sign=%00&sign_type=RSA2"), /does not fit/],
    ["an empty body", Buffer.alloc(0), /RSA2/],
  ])("an Alipay notice is refused with %s", (_title, body, message) => {
    expect(() => verifiedNotice(body, publicKey)).toThrow(
      expect.objectContaining({ failure: "notification_refused", message: expect.stringMatching(message) }),
    );
  });

  it.each([
    ["a second sign", Buffer.concat([noticeBody(notice()), Buffer.from("&sign=x")])],
    ["a second amount", Buffer.concat([noticeBody(notice()), Buffer.from("&total_amount=99.00")])],
    ["a name with a space", Buffer.from("a+b=1&sign=x&sign_type=RSA2")],
    ["a name with an escaped equals sign", Buffer.from("a%3Db=1&sign=x&sign_type=RSA2")],
    ["an empty name", Buffer.from("=1&sign=x&sign_type=RSA2")],
    ["the name __proto__", Buffer.from("__proto__=1&sign=x&sign_type=RSA2")],
    ["a name in another alphabet", Buffer.from("%E8%8C%B6=1&sign=x&sign_type=RSA2")],
  ])("an Alipay notice with %s is refused before the signature is checked", (_title, body) => {
    expect(() => verifiedNotice(body, publicKey)).toThrow(
      expect.objectContaining({
        failure: "notification_refused",
        message: expect.stringMatching(/twice|a name/),
      }),
    );
  });

  it("an Alipay notice signed with another key is refused", () => {
    expect(() => verifiedNotice(noticeBody(notice()), pem(ours.publicKey, "spki"))).toThrow(/does not fit/);
  });
});

describe("Alipay answer signature", () => {
  const content = '{"code":"10000","subject":"a}{\\"sign\\":\\"x\\" \\\\","n":[1,{"a":2}]}';
  const memberOf = (text: string) => verifiedMember(Buffer.from(text), "x_response", publicKey);
  const answer = (text = content, sign = signed(text)) => `{"x_response":${text},"sign":"${sign}"}`;

  it("verifying an Alipay answer returns exactly the signed text", () => {
    expect(memberOf(answer())).toBe(content);
    expect(memberOf(` { "sign" : "${signed(content)}" ,\n"x_response" : ${content} }\n`)).toBe(content);
  });

  it.each([
    ["without a signature", `{"x_response":${content}}`],
    ["with an empty signature", answer(content, "")],
    ["with another text's signature", answer(content, signed("{}"))],
    ["with a changed text", answer().replace("10000", "10001")],
    [
      "with a second, forged member",
      `{"x_response":${content},"x_response":{"code":"1"},"sign":"${signed(content)}"}`,
    ],
    [
      "with a first, forged member",
      `{"x_response":{"code":"1"},"x_response":${content},"sign":"${signed(content)}"}`,
    ],
    ["with a second signature", `{"x_response":${content},"sign":"${signed(content)}","sign":"x"}`],
    ["under another name", `{"y_response":${content},"sign":"${signed(content)}"}`],
    ["that is HTML", "<html>502 Bad Gateway</html>"],
    ["that is cut off", answer().slice(0, -1)],
    ["that is a list", `[${content}]`],
    ["that is null", "null"],
    ["that is empty", ""],
  ])("an Alipay answer %s does not verify", (_title, text) => {
    expect(memberOf(text)).toBeUndefined();
  });
});

it("topLevelMembers finds the source text of each member of any JSON object", () => {
  const object = fc.dictionary(fc.string(), fc.jsonValue(), { noNullPrototype: true });
  fc.assert(
    fc.property(object, fc.constantFrom(undefined, "  "), (value, indent) => {
      const members = topLevelMembers(Buffer.from(JSON.stringify(value, undefined, indent)), "utf-8");
      if (Object.keys(value).length === 0) return;
      const read = [...(members ?? [])].map(([name, text]): [unknown, unknown] => [
        JSON.parse(`"${name}"`),
        JSON.parse(text.toString()),
      ]);
      expect(new Map(read)).toEqual(new Map(Object.entries(JSON.parse(JSON.stringify(value)))));
    }),
  );
});
