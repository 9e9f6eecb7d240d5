import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";
import * as z from "zod";
import { keptFields } from "../kept-fields.ts";
import { rsaKey } from "../rsa-key.ts";

/**
 * Alipay's console hands keys out as bare base64, without saying which of two encodings it is; people also paste PEM,
 * and PEM whose line ends a JSON editor turned into the two characters `\n`.
 */
function readKey(text: string, isPrivate: boolean): KeyObject | undefined {
  const bare = text
    .replaceAll("\\n", "\n")
    .replace(/-----(BEGIN|END) [A-Z ]+-----/g, "")
    .replace(/\s+/g, "");
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
      // The next encoding.
    }
  }
  return undefined;
}

const form = " (base64 or PEM)";

/** `config_data` of an Alipay config in key mode. Parsing normalises the keys, and may be repeated on its own result. */
export const alipayCredentials = z
  .strictObject({
    app_id: z.string().regex(/^[0-9]{10,32}$/, "is the number that Alipay gave the application"),
    /** The application's own. */
    private_key: rsaKey(true, readKey, form),
    /** Alipay's, as shown beside the application: not the application's own. */
    public_key: rsaKey(false, readKey, form),
    is_production: z.boolean(),
    /** The seller's user id (PID); when present, notices of another seller never settle a payment. */
    seller_id: z
      .string()
      .regex(/^[0-9]{16}$/, "is the 16-digit PID of the seller")
      .optional(),
  })
  .refine(({ private_key, public_key }) => ownPublicKey(private_key) !== public_key, {
    path: ["public_key"],
    message: "is the application's own public key; Alipay's public key is needed",
  });

function ownPublicKey(privateKey: string): string {
  return createPublicKey(privateKey).export({ type: "spki", format: "pem" }).toString();
}

export type AlipayCredentials = z.infer<typeof alipayCredentials>;

/** A config that looked only at its own seller's notices goes on doing so. */
export function carryOver(
  before: AlipayCredentials,
  given: Record<string, unknown>,
): Partial<AlipayCredentials> {
  return keptFields(before, given, [["seller_id"]]);
}
