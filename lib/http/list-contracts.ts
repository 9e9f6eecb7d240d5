import * as z from "zod";
import { isStorable } from "../clock.ts";
import { GatewayError } from "../errors.ts";
import type { PaymentFilter, PaymentPage } from "../payment/ports.ts";
import { paymentStatuses } from "../payment/status.ts";
import type { Contract } from "./contract.ts";
import { plainId } from "./fields.ts";
import { seenAnswer } from "./payment-answers.ts";
import { paymentAnswer } from "./payment-contracts.ts";
import { routes } from "./routes.ts";

const time = z.iso
  .datetime({ offset: true, error: "an RFC 3339 time such as 2026-01-31T00:00:00Z", abort: true })
  // mutation: list-storable-time
  .refine((text) => isStorable(new Date(text)), "a time of the years 1000 to 9999, in UTC");

export const listPaymentsContract = {
  route: routes.listPayments,
  summary: "List payments, newest first",
  scope: "query",
  from: "query",
  wanted: z.strictObject({
    status: z.enum(paymentStatuses).optional().describe("Only those in this status."),
    provider: z.string().max(16).optional().describe("Only those of this provider."),
    from: time.optional().describe("Created at this time or later."),
    to: time.optional().describe("Created before this time."),
    cursor: z.string().max(100).optional().describe("`next_cursor` of the page before."),
    limit: z.coerce
      .number()
      .int()
      .min(1, "1 to 100")
      .max(100, "1 to 100")
      .default(20)
      .describe("How many at most."),
  }),
  answer: z
    .object({
      items: z.array(paymentAnswer).describe("One page."),
      next_cursor: z.string().nullable().describe("Asks for the next page; null on the last one."),
    })
    .meta({ id: "PaymentPage" }),
  failures: [],
} satisfies Contract;

export const resendNotificationContract = {
  route: routes.resendNotification,
  summary: "Have the last event of a payment told again, or the one that is named",
  scope: "notify",
  from: "body",
  mayBeBodyless: true,
  wanted: z.strictObject({
    order_no: plainId.describe("The gateway's number of the payment."),
    event_id: plainId.optional().describe("Of the notification to send again; absent: the last one."),
  }),
  answer: paymentAnswer,
  failures: ["order_not_found", "order_status"],
} satisfies Contract;

export const capabilitiesContract = {
  route: routes.capabilities,
  summary: "List the providers, scenes and verbs that this merchant can use now",
  scope: "query",
  from: "query",
  wanted: z.strictObject({}),
  answer: z
    .object({
      items: z
        .array(
          z.object({
            provider: z.string().describe("Who takes the money."),
            config: z.string().describe("Name of the merchant's config, for `config` of a create."),
            scenes: z.array(z.string()).describe("The first is the default."),
            verbs: z.array(z.string()).describe("What the gateway can do there."),
          }),
        )
        .describe("One for each active config."),
    })
    .meta({ id: "Capabilities" }),
  failures: [],
} satisfies Contract;

export function paymentFilter(wanted: z.output<typeof listPaymentsContract.wanted>): PaymentFilter {
  const { status, provider, from, to, cursor, limit } = wanted;
  return {
    limit,
    ...(status && { status }),
    ...(provider && { provider }),
    ...(from && { from: new Date(from) }),
    ...(to && { to: new Date(to) }),
    ...(cursor && { after: readCursor(cursor) }),
  };
}

/** The cursor is the last row's time and id; nothing in it is believed but its form. */
export function readCursor(cursor: string): { createdAt: Date; id: string } {
  const [, ms, id] = /^(\d{1,15}):(\d{1,20})$/.exec(Buffer.from(cursor, "base64url").toString("utf8")) ?? [];
  const createdAt = new Date(Number(ms));
  if (id !== undefined && /* mutation: cursor-storable-time */ isStorable(createdAt))
    return { createdAt, id };
  const message = "use the next_cursor of the page before";
  throw new GatewayError("invalid_parameter", `cursor: ${message}`, {
    fields: [{ field: "cursor", message }],
  });
}

export function cursorOf(next: PaymentPage["next"]): string | null {
  return next && Buffer.from(`${next.createdAt.getTime()}:${next.id}`).toString("base64url");
}

export function pageAnswer({ items, next }: PaymentPage): z.input<typeof listPaymentsContract.answer> {
  return { items: items.map(seenAnswer), next_cursor: cursorOf(next) };
}
