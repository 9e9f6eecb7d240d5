import { generateKeyPairSync } from "node:crypto";

/** A new RSA key in PEM, which belongs to nobody. */
export function aPrivateKey(): string {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  return privateKey.export({ type: "pkcs8", format: "pem" }).toString();
}
