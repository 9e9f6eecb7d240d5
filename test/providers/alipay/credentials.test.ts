import { generateKeyPairSync } from "node:crypto";
import { describe, expect, it } from "vitest";
import { alipay } from "../../../lib/providers/alipay/alipay.ts";
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
  ];

  it.each(
    asPasted.flatMap((paste) =>
      privateForms.flatMap((priv) => publicForms.map((pub) => [paste(priv), paste(pub)] as const)),
    ),
  )("normalises every usual form of a key to one (%#)", (private_key, public_key) => {
    const parsed = alipay.credentials.parse({ ...rawCredentials, private_key, public_key });
    expect(parsed).toEqual(rawCredentials);
    expect(alipay.credentials.parse(parsed)).toEqual(parsed);
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
  ])("refuses a wrong %s and does not repeat it (%#)", (field, changes) => {
    const parsed = alipay.credentials.safeParse({ ...rawCredentials, ...changes });
    expect(parsed.error?.issues.map(({ path }) => path.join("."))).toEqual([field]);
    expect(parsed.error?.message).not.toContain("canary");
  });
});
