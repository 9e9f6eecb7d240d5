import { generateKeyPairSync } from "node:crypto";
import { describe, expect, it } from "vitest";
import { wechat } from "../../../lib/providers/wechat/wechat.ts";
import { certificateMode, ours, platform, publicKeyId, rawCredentials } from "./merchant.ts";

describe("WeChat Pay credentials", () => {
  const pkcs1 = ours.privateKey.export({ type: "pkcs1", format: "pem" }).toString();

  it.each([
    (text: string) => text,
    (text: string) => text.replaceAll("\n", "\\n"),
    (text: string) => ` ${text.replaceAll("\n", "\r\n")} `,
  ])("normalises every usual form of a key to one (%#)", (paste) => {
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

  it("needs no public key", () => {
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
  ])("refuses a wrong %s and does not repeat it (%#)", (field, changes) => {
    const parsed = wechat.credentials.safeParse({ ...rawCredentials, ...changes });
    expect(parsed.error?.issues.map(({ path }) => path.join("."))).toEqual([field]);
    expect(parsed.error?.message).not.toContain("canary");
  });

  it.each([
    ["public_key", { public_key_id: publicKeyId }],
    ["public_key_id", { public_key: rawCredentials.public_key }],
  ])("misses %s beside its other half", (field, half) => {
    const parsed = wechat.credentials.safeParse({ ...certificateMode, ...half });
    expect(parsed.error?.issues.map(({ path }) => path.join("."))).toEqual([field]);
  });
});
