import { createPublicKey, type KeyObject, verify } from "node:crypto";
import * as z from "zod";

/** The forms in which a provider hands out its keys. */
export type KeyForms = {
  /** Names the forms at the end of "is not an RSA key …". */
  named: string;
  /** undefined: the text is not a key of this kind. */
  read(text: string, isPrivate: boolean): KeyObject | undefined;
  /**
   * Names what was pasted in place of the key, and what to paste instead; undefined: a key of this kind, or not
   * recognised.
   */
  otherThing(text: string, isPrivate: boolean): string | undefined;
};

const leastBits = 2048;

/**
 * Schema of a pasted RSA key. It becomes PEM (PKCS8 or SPKI), which the schema accepts again. No error message repeats
 * what was pasted.
 */
export function rsaKey(isPrivate: boolean, { named, read, otherThing }: KeyForms) {
  return z.string({ error: `must be a string${named}` }).transform((text, context) => {
    const refuse = (message: string) => {
      context.addIssue({ code: "custom", message });
      return z.NEVER;
    };
    const other = otherThing(text, isPrivate);
    if (other !== undefined) return refuse(other);
    const key = read(text, isPrivate);
    const bits = key?.asymmetricKeyDetails?.modulusLength ?? 0;
    if (key?.asymmetricKeyType === "rsa" && bits >= leastBits) {
      return key.export({ type: isPrivate ? "pkcs8" : "spki", format: "pem" }).toString();
    }
    const kind = isPrivate ? "private" : "public";
    return refuse(`is not an RSA ${kind} key of ${leastBits} bits or more${named}`);
  });
}

/** The public key that belongs to a private one, both in PEM. */
export function ownPublicKey(privateKey: string): string {
  return createPublicKey(privateKey).export({ type: "spki", format: "pem" }).toString();
}

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
