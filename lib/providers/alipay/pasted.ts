import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";
import * as z from "zod";
import { unwrapped } from "../pasted.ts";
import type { KeyForms } from "../rsa.ts";

/** A pasted Alipay number, without what surrounds it. Some have more digits than a JSON number keeps exactly. */
export const pastedNumber = z
  .string({ error: "must be a string: write the number in quotes" })
  .transform(unwrapped);

/** The first or last line of PEM, also with a dash too few or too many. */
const pemLine = /-{3,}\s*(BEGIN|END) ([A-Z ]+?)\s*-{3,}/g;

/**
 * Keys as people paste them. Alipay's console and its key tool give bare base64, without saying which of two encodings
 * it is; people also paste PEM, with the label of the other encoding, with the two characters `\n` in place of line
 * ends, with CRLF, on one line, in quotes, with a byte order mark. The error names what was pasted in place of a key.
 */
export const keyForms: KeyForms = { named: " (base64 or PEM)", read: readKey, otherThing };

function readKey(text: string, isPrivate: boolean): KeyObject | undefined {
  const bare = unwrapped(asLines(text).replace(pemLine, "")).replace(/\s+/g, "");
  if (!/^[0-9A-Za-z+/]+={0,2}$/.test(bare)) return undefined;
  const key = Buffer.from(bare, "base64");
  for (const type of isPrivate ? (["pkcs8", "pkcs1"] as const) : (["spki", "pkcs1"] as const)) {
    try {
      if (type === "pkcs8") return createPrivateKey({ key, format: "der", type });
      if (type === "spki") return createPublicKey({ key, format: "der", type });
      return isPrivate
        ? createPrivateKey({ key, format: "der", type })
        : createPublicKey({ key, format: "der", type });
    } catch {
      // Try the next encoding.
    }
  }
  return undefined;
}

/** JSON that was escaped twice contains `\n` for line ends, and `\/` for every slash. */
function asLines(text: string): string {
  return text
    .replace(/\\[rt]/g, "")
    .replace(/\\n/g, "\n")
    .replaceAll("\\/", "/");
}

/** Names what was pasted in place of the key, and what to paste instead; undefined: a key of this kind, or unknown. */
function otherThing(text: string, isPrivate: boolean): string | undefined {
  const label = [...text.matchAll(pemLine)].find(([, place]) => place === "BEGIN")?.[2] ?? "";
  if (label.endsWith("CERTIFICATE"))
    return "is a certificate: choose the key mode (密钥) in Alipay's console and paste the key";
  if (label === "ENCRYPTED PRIVATE KEY") return "is a key with a password: paste it without one";
  // Node would derive the public key from a private one.
  // mutation: alipay-private-as-public
  if (!isPrivate && readKey(text, true))
    return "is a private key: paste Alipay's public key (支付宝公钥), shown beside the application in the console";
  if (isPrivate && !readKey(text, true) && readKey(text, false))
    return "is a public key: paste the private key that was made with it (应用私钥)";
  return undefined;
}
