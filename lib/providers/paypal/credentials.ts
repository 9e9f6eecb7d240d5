import * as z from "zod";

const key = (name: string) =>
  z.string().regex(/^[0-9A-Za-z_-]{8,256}$/, `is the ${name} of a REST app: letters, digits, "_" and "-"`);

/** `config_data` of a PayPal config. */
export const paypalCredentials = z.strictObject({
  /** Of the REST app; sandbox and live have different ones. */
  client_id: key("client id"),
  secret: key("secret"),
  /** Only `live` moves money. */
  mode: z.enum(["sandbox", "live"]),
  /** PayPal's id of our webhook URL in this app; part of what webhooks sign. */
  webhook_id: z
    .string()
    .regex(/^[0-9A-Za-z]{1,50}$/, "is the id that PayPal gave the webhook URL")
    .optional(),
  /** The receiving account. Needed only where PayPal does not tell it to the app. */
  merchant_id: z
    .string()
    .regex(/^[0-9A-Z]{13}$/, "is the merchant id of the account: 13 capitals and digits")
    .optional(),
});

export type PayPalCredentials = z.infer<typeof paypalCredentials>;
