import * as z from "zod";
import { carriedFields, formerEnd, notOver } from "../carried-fields.ts";
import { blanks, unwrapped } from "../pasted.ts";

/** No PayPal credential contains whitespace. */
function bare(value: unknown): unknown {
  return typeof value === "string" ? unwrapped(value.replace(blanks, "")) : value;
}

const pasted = <Schema extends z.ZodType>(schema: Schema) => z.preprocess(bare, schema);

const key = (name: string) =>
  pasted(
    z.string().regex(/^[0-9A-Za-z_-]{8,256}$/, `is the ${name} of a REST app: letters, digits, "_" and "-"`),
  );

/** Accepts the spellings of a dashboard: "Live", "SANDBOX". */
const mode = z.preprocess(
  (value) => (typeof value === "string" ? String(bare(value)).toLowerCase() : value),
  z.enum(["sandbox", "live"], 'is "sandbox" or "live" (PayPal calls production "live")'),
);

const webhookId = z
  .string()
  .regex(/^[0-9A-Za-z]{1,50}$/, "is the id that PayPal gave the webhook URL, not the URL itself");

/** `config_data` of a PayPal config. */
export const paypalCredentials = z
  .strictObject({
    /** Client id of the REST app; sandbox and live apps have different ones. */
    client_id: key("client id"),
    secret: key("secret"),
    /** Only `live` moves money. */
    mode,
    /** PayPal's id of our webhook URL in this app; part of the signed text of a webhook. */
    webhook_id: pasted(webhookId).optional(),
    /** Webhook ids of former apps, whose events PayPal retries for up to three days. Written by the gateway. */
    former_webhook_ids: z.array(z.strictObject({ id: webhookId, until: z.iso.datetime() })).optional(),
    /** The receiving account. Needed only if PayPal does not reveal it to the app. */
    merchant_id: pasted(
      z
        .string()
        .regex(/^[0-9A-Z]{13}$/, "is the merchant id of the account: 13 capitals and digits, not its email"),
    ).optional(),
  })
  .superRefine(({ client_id: clientId, secret }, context) => {
    const say = (field: string, message: string) =>
      context.addIssue({ code: "custom", path: [field], message });
    // mutation: paypal-swapped
    if (areSwapped(clientId, secret)) {
      say("client_id", "is the secret, and secret is the client id: swap them");
    } else if (clientId === secret) {
      say("secret", "is the client id again: paste the secret key, shown below it by Show");
    }
    if (/^A21AA/.test(secret))
      say("secret", "is an access token, which lives for hours: give the secret key");
  });

/** Today's apps have a client id that begins with A and a secret that begins with E, of 80 characters each. */
function areSwapped(clientId: string, secret: string): boolean {
  return clientId.length >= 60 && /^E/.test(clientId) && secret.length >= 60 && /^A(?!21AA)/.test(secret);
}

export type PayPalCredentials = z.infer<typeof paypalCredentials>;

export function isSameApp(
  one: PayPalCredentials,
  other: Pick<PayPalCredentials, "client_id" | "mode">,
): boolean {
  return one.client_id === other.client_id && one.mode === other.mode;
}

/** Webhook ids for which PayPal may still sign events. */
export function webhookIds(
  { webhook_id: current, former_webhook_ids: former }: PayPalCredentials,
  now: Date,
): string[] {
  return [...(current === undefined ? [] : [current]), ...notOver(former, now).map(({ id }) => id)];
}

/**
 * A webhook id belongs to one app. With another app of the account, retried events are still signed for the former id.
 */
export function carryOver(
  before: PayPalCredentials,
  changes: Record<string, unknown>,
  now: Date,
): Partial<PayPalCredentials> {
  const same = isSameApp(before, changes as Pick<PayPalCredentials, "client_id" | "mode">);
  const former = notOver(before.former_webhook_ids, now);
  const { webhook_id: id } = before;
  const until = formerEnd(now).toISOString();
  const all = same || id === undefined ? former : [...former, { id, until }];
  return {
    ...carriedFields(before, changes, [["merchant_id"], ...(same ? [["webhook_id"] as const] : [])]),
    ...(all.length > 0 && { former_webhook_ids: all }),
  };
}
