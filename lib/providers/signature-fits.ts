import { type KeyObject, verify } from "node:crypto";

/**
 * Whether `signature` is the RSA signature (PKCS1-v1_5, SHA-256) of the text, in base64. Only canonical base64 is
 * accepted: Node's decoder reads truncated text, and text with anything appended, as the same bytes.
 */
export function signatureFits(text: Buffer, signature: string, publicKey: string | KeyObject): boolean {
  const bytes = Buffer.from(signature, "base64");
  return (
    /* mutation: signature-canonical */ bytes.toString("base64") === signature &&
    verify("sha256", text, publicKey, bytes)
  );
}
