import * as z from "zod";
import { keptFields, notOver } from "../kept-fields.ts";

const key = (name: string) =>
  z.string().regex(/^[0-9A-Za-z_-]{8,256}$/, `is the ${name} of a REST app: letters, digits, "_" and "-"`);

const webhookId = z.string().regex(/^[0-9A-Za-z]{1,50}$/, "is the id that PayPal gave the webhook URL");

/** `config_data` of a PayPal config. */
export const paypalCredentials = z.strictObject({
  /** Of the REST app; sandbox and live have different ones. */
  client_id: key("client id"),
  secret: key("secret"),
  /** Only `live` moves money. */
  mode: z.enum(["sandbox", "live"]),
  /** PayPal's id of our webhook URL in this app; part of what webhooks sign. */
  webhook_id: webhookId.optional(),
  /** Of the app before; what it was told is told again for up to three days. Written by us. */
  former_webhook_ids: z.array(z.strictObject({ id: webhookId, until: z.iso.datetime() })).optional(),
  /** The receiving account. Needed only where PayPal does not tell it to the app. */
  merchant_id: z
    .string()
    .regex(/^[0-9A-Z]{13}$/, "is the merchant id of the account: 13 capitals and digits")
    .optional(),
});

export type PayPalCredentials = z.infer<typeof paypalCredentials>;

/** PayPal tries an event again for three days. https://developer.paypal.com/api/rest/webhooks/ */
const toldAgainMs = 3 * 24 * 3600 * 1000;

export function isSameApp(
  one: PayPalCredentials,
  other: Pick<PayPalCredentials, "client_id" | "mode">,
): boolean {
  return one.client_id === other.client_id && one.mode === other.mode;
}

/** Webhook ids with which an event may still be signed. */
export function webhookIds(
  { webhook_id: current, former_webhook_ids: former }: PayPalCredentials,
  now: Date,
): string[] {
  return [...(current === undefined ? [] : [current]), ...notOver(former, now).map(({ id }) => id)];
}

/** A webhook id is an app's: another app of the account has another, and the earlier one signs what is told again. */
export function carryOver(
  before: PayPalCredentials,
  given: Record<string, unknown>,
  now: Date,
): Partial<PayPalCredentials> {
  const same = isSameApp(before, given as Pick<PayPalCredentials, "client_id" | "mode">);
  const former = notOver(before.former_webhook_ids, now);
  const { webhook_id: id } = before;
  const until = new Date(now.getTime() + toldAgainMs).toISOString();
  const all = same || id === undefined ? former : [...former, { id, until }];
  return {
    ...keptFields(before, given, [["merchant_id"], ...(same ? [["webhook_id"] as const] : [])]),
    ...(all.length > 0 && { former_webhook_ids: all }),
  };
}
