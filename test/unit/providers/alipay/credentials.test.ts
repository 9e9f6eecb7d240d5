import { generateKeyPairSync } from "node:crypto";
import { describe, expect, it } from "vitest";
import { alipay } from "../../../../lib/providers/alipay/alipay.ts";
import { ours, pem, rawCredentials, theirs } from "./keys.ts";

const bare = (text: string) => text.replace(/-----.*-----|\n/g, "");

describe("Alipay credentials", () => {
  const privateForms = [pem(ours.privateKey, "pkcs8"), pem(ours.privateKey, "pkcs1")];
  const publicForms = [pem(theirs.publicKey, "spki"), pem(theirs.publicKey, "pkcs1")];
  const asPasted = [
    (text: string) => text,
    bare,
    (text: string) => text.replaceAll("\n", "\\n"),
    (text: string) => ` ${text.replaceAll("\n", "\r\n")}`,
    (text: string) => `\ufeff${text}`,
    (text: string) => `"${bare(text)}",`,
    (text: string) => `“${text.trim()}”`,
    (text: string) => text.replaceAll("\n", "\\r\\n").replaceAll("/", "\\/"),
    (text: string) => text.replaceAll("\n", " "),
    // github.com/fzlee/alipay/issues/134: a dash is missing.
    (text: string) => text.replace("-----BEGIN", "----BEGIN"),
    // github.com/alipay/alipay-sdk-nodejs-all/issues/60: the label of the other encoding.
    (text: string) =>
      text.replaceAll(/(BEGIN|END) (RSA )?/g, (_, place, rsa) => `${place} ${rsa ? "" : "RSA "}`),
    // github.com/fzlee/alipay/issues/166: PEM in one line.
    (text: string) => text.replace(/\n(?!-|$)/g, ""),
    (text: string) => `\u200b${bare(text)}\n\n`,
  ];

  it.each(
    asPasted.flatMap((paste) =>
      privateForms.flatMap((priv) => publicForms.map((pub) => [paste(priv), paste(pub)] as const)),
    ),
  )("Alipay credentials normalise every usual form of a key (%#)", (private_key, public_key) => {
    const parsed = alipay.credentials.parse({ ...rawCredentials, private_key, public_key });
    expect(parsed).toEqual(rawCredentials);
    expect(alipay.credentials.parse(parsed)).toEqual(parsed);
  });

  it("Alipay credentials accept numbers with whitespace, quotes or a byte order mark around them", () => {
    const seller_id = "2088102169481075";
    for (const paste of [
      (text: string) => ` ${text}\n`,
      (text: string) => `"${text}"`,
      (text: string) => `\ufeff${text},`,
    ]) {
      const pasted = { ...rawCredentials, app_id: paste(rawCredentials.app_id), seller_id: paste(seller_id) };
      expect(alipay.credentials.parse(pasted)).toEqual({ ...rawCredentials, seller_id });
    }
  });

  const certificate = `-----BEGIN CERTIFICATE-----\n${bare(rawCredentials.public_key)}\n-----END CERTIFICATE-----`;
  const locked = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({
    type: "pkcs8",
    format: "pem",
    cipher: "aes-256-cbc",
    passphrase: "canary",
  });
  it.each([
    ["a certificate", { public_key: certificate }, /is a certificate: choose the key mode/],
    ["a key with a password", { private_key: locked.toString() }, /with a password: paste it without one/],
    [
      "a private key as Alipay's",
      { public_key: pem(theirs.privateKey, "pkcs8") },
      /is a private key: paste .*支付宝公钥/,
    ],
    [
      "a public key as the own",
      { private_key: bare(pem(ours.publicKey, "spki")) },
      /is a public key: paste the private key/,
    ],
    ["an app_id that is a number", { app_id: 2021000122671080 }, /write the number in quotes/],
  ])("Alipay credentials name what to paste instead of %s", (_title, changes, words) => {
    const message = alipay.credentials.safeParse({ ...rawCredentials, ...changes }).error?.message;
    expect(message).toMatch(words);
    expect(message).not.toContain("canary");
  });

  const weak = generateKeyPairSync("rsa", { modulusLength: 1024 });
  const curve = generateKeyPairSync("ec", { namedCurve: "P-256" });
  it.each([
    ["private_key", { private_key: "canary-key" }],
    ["private_key", { private_key: "" }],
    ["private_key", { private_key: bare(rawCredentials.private_key).slice(0, -8) }],
    ["private_key", { private_key: pem(weak.privateKey, "pkcs8") }],
    ["private_key", { private_key: curve.privateKey.export({ type: "pkcs8", format: "pem" }).toString() }],
    ["private_key", { private_key: rawCredentials.public_key }],
    ["public_key", { public_key: "AAAA" }],
    ["public_key", { public_key: pem(ours.publicKey, "spki") }],
    ["app_id", { app_id: "app" }],
    ["seller_id", { seller_id: "2088" }],
    ["is_production", { is_production: "false" }],
    ["", { alipay_cert: "x" }],
  ])("Alipay credentials refuse a wrong %s without repeating it (%#)", (field, changes) => {
    const parsed = alipay.credentials.safeParse({ ...rawCredentials, ...changes });
    expect(parsed.error?.issues.map(({ path }) => path.join("."))).toEqual([field]);
    expect(parsed.error?.message).not.toContain("canary");
  });
});
