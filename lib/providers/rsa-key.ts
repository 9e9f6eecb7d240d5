import type { KeyObject } from "node:crypto";
import * as z from "zod";

/** Reads a key in the forms in which a provider hands it out; undefined when it is none. */
export type ReadKey = (text: string, isPrivate: boolean) => KeyObject | undefined;

const leastBits = 2048;

/**
 * A pasted RSA key of a credentials schema: becomes PEM (PKCS8 or SPKI), so that parsing may be repeated on its own
 * result. `form` names the accepted forms; the message never repeats what was pasted.
 */
export function rsaKey(isPrivate: boolean, read: ReadKey, form: string) {
  return z.string().transform((text, context) => {
    const key = read(text, isPrivate);
    const bits = key?.asymmetricKeyDetails?.modulusLength ?? 0;
    if (key?.asymmetricKeyType === "rsa" && bits >= leastBits) {
      return key.export({ type: isPrivate ? "pkcs8" : "spki", format: "pem" }).toString();
    }
    const kind = isPrivate ? "private" : "public";
    context.addIssue({
      code: "custom",
      message: `is not an RSA ${kind} key of ${leastBits} bits or more${form}`,
    });
    return z.NEVER;
  });
}
