import { generateKeyPairSync } from "node:crypto";
import { describe, expect, it } from "vitest";
import { wechat } from "../../../../lib/providers/wechat/wechat.ts";
import { certificateMode, ours, platform, publicKeyId, rawCredentials } from "./merchant.ts";

describe("WeChat Pay credentials", () => {
  const pkcs1 = ours.privateKey.export({ type: "pkcs1", format: "pem" }).toString();

  it.each([
    (text: string) => text,
    (text: string) => text.replaceAll("\n", "\\n"),
    (text: string) => ` ${text.replaceAll("\n", "\r\n")} `,
  ])("WeChat Pay credentials normalise every usual form of a key (%#)", (paste) => {
    for (const privateKey of [rawCredentials.private_key, pkcs1]) {
      const pasted = {
        ...rawCredentials,
        private_key: paste(privateKey),
        public_key: paste(rawCredentials.public_key),
        serial_no: rawCredentials.serial_no.toLowerCase(),
      };
      const parsed = wechat.credentials.parse(pasted);
      expect(parsed).toEqual(rawCredentials);
      expect(wechat.credentials.parse(parsed)).toEqual(parsed);
    }
  });

  const oneLine = (text: string) => text.replaceAll("\n", " ");
  const colons = rawCredentials.serial_no.match(/../g)!.join(":");
  // github.com/fudiwei/DotNetCore.SKIT.FlurlHttpClient.Wechat/issues/123, …/minibear2021/wechatpayv3/issues/21 and
  // …/wechatpay-apiv3/wechatpay-postman-script/issues/2 show how pasting damages keys.
  it.each([
    ["a key on one line", { private_key: oneLine(rawCredentials.private_key) }],
    ["a key with a byte order mark", { public_key: `\uFEFF${rawCredentials.public_key}` }],
    ["an indented key", { private_key: rawCredentials.private_key.replaceAll("\n", "\n    ") }],
    [
      "a key after OpenSSL's bag attributes",
      { private_key: `Bag Attributes\n  x: 1\n${rawCredentials.private_key}` },
    ],
    ["a key with \\r\\n", { private_key: rawCredentials.private_key.replaceAll("\n", "\\r\\n") }],
    ["a key without line ends", { private_key: rawCredentials.private_key.replaceAll("\n", "") }],
    ["a serial number with colons", { serial_no: colons.toLowerCase() }],
    ["a serial number as openssl prints it", { serial_no: `serial=${rawCredentials.serial_no}\n` }],
    ["a serial number with spaces", { serial_no: colons.replaceAll(":", " ") }],
    ["a merchant number as a JSON number", { mch_id: Number(rawCredentials.mch_id) }],
    ["a merchant number between spaces", { mch_id: ` ${rawCredentials.mch_id}\u00A0` }],
    ["an APIv3 key with a line end", { api_v3_key: `\uFEFF${rawCredentials.api_v3_key}\r\n` }],
    ["a merchant number in quotes", { mch_id: `"${rawCredentials.mch_id}",` }],
    ["an AppID in Chinese quotes", { app_id: `“${rawCredentials.app_id}”` }],
    ["a serial number in quotes", { serial_no: `'${rawCredentials.serial_no}'` }],
    ["an AppID with a space", { app_id: `${rawCredentials.app_id} ` }],
    ["a public key's id with a space", { public_key_id: ` ${publicKeyId}` }],
  ])("WeChat Pay credentials accept %s", (_title, changes) => {
    const parsed = wechat.credentials.parse({ ...rawCredentials, ...changes });
    expect(parsed).toEqual(rawCredentials);
    expect(wechat.credentials.parse(parsed)).toEqual(parsed);
  });

  const locked = ours.privateKey.export({
    type: "pkcs8",
    format: "pem",
    cipher: "aes-256-cbc",
    passphrase: "canary",
  });
  it.each([
    ["the certificate for the private key", { private_key: platform[0].certificatePem }, "apiclient_key.pem"],
    ["a certificate for the public key", { public_key: platform[0].certificatePem }, "pub_key.pem"],
    ["the public key for the private one", { private_key: rawCredentials.public_key }, "is a public key"],
    ["the private key for the public one", { public_key: rawCredentials.private_key }, "is a private key"],
    ["a private key with a password", { private_key: locked.toString() }, "store it without one"],
    [
      "a key without its BEGIN and END lines",
      { private_key: rawCredentials.private_key.split("\n").slice(1, -2).join("\n") },
      "-----BEGIN",
    ],
    ["the older API key", { api_v3_key: "canary0123456789canary0123456789ab" }, "APIv3"],
  ])("WeChat Pay credentials name what to paste instead of %s", (_title, changes, words) => {
    const parsed = wechat.credentials.safeParse({ ...rawCredentials, ...changes });
    expect(parsed.error?.issues).toMatchObject([{ message: expect.stringContaining(words) }]);
    expect(parsed.error?.message).not.toContain("canary");
  });

  it("WeChat Pay credentials accept and keep the merchant's former AppIDs", () => {
    const credentials = { ...rawCredentials, former_app_ids: ["wx0000000000000000 "] };
    expect(wechat.credentials.parse(credentials).former_app_ids).toEqual(["wx0000000000000000"]);
    const wrong = wechat.credentials.safeParse({ ...rawCredentials, former_app_ids: ["canary"] });
    expect(wrong.error?.issues.map(({ path }) => path.join("."))).toEqual(["former_app_ids.0"]);
  });

  it("WeChat Pay credentials need no public key", () => {
    expect(wechat.credentials.parse(certificateMode)).toEqual(certificateMode);
  });

  const weak = generateKeyPairSync("rsa", { modulusLength: 1024 });
  const ownPublicKey = ours.publicKey.export({ type: "spki", format: "pem" }).toString();
  it.each([
    ["app_id", { app_id: "app" }],
    ["mch_id", { mch_id: "19000001x9" }],
    ["serial_no", { serial_no: "canary" }],
    ["api_v3_key", { api_v3_key: "canary" }],
    ["api_v3_key", { api_v3_key: `canary${"é".repeat(26)}` }],
    ["private_key", { private_key: "canary" }],
    ["private_key", { private_key: rawCredentials.public_key }],
    ["private_key", { private_key: rawCredentials.private_key.slice(0, 200) }],
    ["private_key", { private_key: weak.privateKey.export({ type: "pkcs8", format: "pem" }).toString() }],
    ["public_key", { public_key: platform[0].certificatePem }],
    ["public_key", { public_key: rawCredentials.private_key }],
    ["public_key", { public_key: ownPublicKey }],
    ["public_key_id", { public_key_id: "5157F09EFDC096DE15EBE81A47057A7232F1B8E1" }],
    ["", { notify_url: "https://canary.example" }],
  ])("WeChat Pay credentials refuse a wrong %s without repeating it (%#)", (field, changes) => {
    const parsed = wechat.credentials.safeParse({ ...rawCredentials, ...changes });
    expect(parsed.error?.issues.map(({ path }) => path.join("."))).toEqual([field]);
    expect(parsed.error?.message).not.toContain("canary");
  });

  it.each([
    ["public_key", { public_key_id: publicKeyId }],
    ["public_key_id", { public_key: rawCredentials.public_key }],
  ])("WeChat Pay credentials require %s beside its counterpart", (field, half) => {
    const parsed = wechat.credentials.safeParse({ ...certificateMode, ...half });
    expect(parsed.error?.issues.map(({ path }) => path.join("."))).toEqual([field]);
  });
});
