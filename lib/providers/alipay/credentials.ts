import * as z from "zod";
import { carriedFields } from "../carried-fields.ts";
import { ownPublicKey, rsaKey } from "../rsa.ts";
import { keyForms, pastedNumber } from "./pasted.ts";

/** `config_data` of an Alipay config in key mode. Parsing normalises the keys and accepts its own result again. */
export const alipayCredentials = z
  .strictObject({
    app_id: pastedNumber.pipe(
      z.string().regex(/^[0-9]{10,32}$/, "is the number that Alipay gave the application (APPID)"),
    ),
    /** The application's own private key. */
    private_key: rsaKey(true, keyForms),
    /** Alipay's public key, as shown beside the application: not the application's own. */
    public_key: rsaKey(false, keyForms),
    is_production: z.boolean(),
    /** The seller's user id (PID); when present, notices of another seller never settle a payment. */
    seller_id: pastedNumber
      .pipe(z.string().regex(/^[0-9]{16}$/, "is the 16-digit PID of the seller"))
      .optional(),
  })
  .refine(
    ({ private_key, public_key }) =>
      /* mutation: alipay-own-public-key */ ownPublicKey(private_key) !== public_key,
    {
      path: ["public_key"],
      message: "is the application's own public key; Alipay's public key is needed",
    },
  );

export type AlipayCredentials = z.infer<typeof alipayCredentials>;

/** Keeps `seller_id`: a config that accepted only notices of its own seller goes on doing so. */
export function carryOver(
  before: AlipayCredentials,
  changes: Record<string, unknown>,
): Partial<AlipayCredentials> {
  return carriedFields(before, changes, [["seller_id"]]);
}
