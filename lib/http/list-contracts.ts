import * as z from "zod";
import { isStorable } from "../clock.ts";
import type { PaymentFilter, PaymentPage } from "../domain/payment.ts";
import { paymentStatuses } from "../domain/payment-state.ts";
import { GatewayError } from "../errors.ts";
import { example, providers } from "../providers/registry.ts";
import type { Contract } from "./contract.ts";
import { plainId } from "./fields.ts";
import { exampleOrder, examplePayment, paymentAnswer } from "./payment-answer.ts";
import { seenAnswer } from "./payment-mapping.ts";

const time = z.iso
  .datetime({ offset: true, error: "an RFC 3339 time such as 2026-01-31T00:00:00Z", abort: true })
  // mutation: list-storable-time
  .refine((text) => isStorable(new Date(text)), "a time of the years 1000 to 9999, in UTC");

export const listPaymentsContract = {
  operationId: "listPayments",
  route: "GET /api/v1/payment/list",
  tag: "Payments",
  summary: "List payments, newest first",
  scope: "query",
  from: "query",
  input: z.strictObject({
    status: z.enum(paymentStatuses).optional().describe("Only those in this status."),
    provider: z.enum(Object.keys(providers)).optional().describe("Only those of this provider."),
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
  example: {
    input: { status: "success", from: "2026-01-31T00:00:00Z", limit: 20 },
    answer: { items: [examplePayment], next_cursor: "MTc2OTgxNzYwMDAwMDo3" },
  },
} satisfies Contract;

/** The notification that the examples are about. */
export const exampleEventId = "4f0c7f52-7a0e-4f5e-9d0c-4b1f6f1f6a11";

export const resendNotificationContract = {
  operationId: "resendNotification",
  route: "POST /api/v1/payment/notify/resend/{order_no}",
  tag: "Notifications",
  summary: "Resend the last notification of a payment, or the one named by `event_id`",
  scope: "notify",
  from: "body",
  mayBeBodyless: true,
  input: z.strictObject({
    order_no: plainId.describe("The gateway's number of the payment."),
    event_id: plainId.optional().describe("Id of the notification to resend; by default the last one."),
  }),
  answer: paymentAnswer,
  failures: ["order_not_found", "order_status"],
  example: {
    input: { order_no: exampleOrder.order_no, event_id: exampleEventId },
    answer: { ...examplePayment, notify_status: "pending" },
  },
} satisfies Contract;

export const capabilitiesContract = {
  operationId: "capabilities",
  route: "GET /api/v1/capabilities",
  tag: "Payments",
  summary: "List the providers, scenes and operations that this merchant can use now",
  scope: "query",
  from: "query",
  input: z.strictObject({}),
  answer: z
    .object({
      items: z
        .array(
          z.object({
            provider: z.string().describe("Who takes the money."),
            config: z.string().describe("Name of the config, as `config` of a create takes it."),
            scenes: z.array(z.string()).describe("The first is the default."),
            verbs: z.array(z.string()).describe("The operations that the provider supports."),
            max_expires_in: z
              .record(z.string(), z.int())
              .describe("By scene, the maximum lifetime of an order in seconds; caps `expires_in`."),
          }),
        )
        .describe("One for each active config."),
    })
    .meta({ id: "Capabilities" }),
  failures: [],
  example: {
    input: {},
    answer: {
      items: [
        {
          provider: example.provider,
          config: "default",
          scenes: [example.scene],
          max_expires_in: { [example.scene]: 86_400 },
          verbs: ["create", "query", "close", "refund"],
        },
      ],
    },
  },
} satisfies Contract;

export function paymentFilter(input: z.output<typeof listPaymentsContract.input>): PaymentFilter {
  const { status, provider, from, to, cursor, limit } = input;
  return {
    limit,
    ...(status && { status }),
    ...(provider && { provider }),
    ...(from && { from: new Date(from) }),
    ...(to && { to: new Date(to) }),
    ...(cursor && { after: readCursor(cursor) }),
  };
}

/**
 * Parses a cursor: creation time and id of the previous page's last row. It only positions, so it needs no signature.
 */
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
