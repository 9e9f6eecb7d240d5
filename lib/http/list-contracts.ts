import * as z from "zod";
import { GatewayError } from "../errors.ts";
import type { PaymentFilter, PaymentPage } from "../payment/ports.ts";
import { paymentStatuses } from "../payment/status.ts";
import type { Contract } from "./contract.ts";
import { plainId } from "./fields.ts";
import { seenAnswer } from "./payment-answers.ts";
import { paymentAnswer } from "./payment-contracts.ts";
import { routes } from "./routes.ts";

const time = z.iso.datetime({ offset: true, error: "an RFC 3339 time such as 2026-01-31T00:00:00Z" });

export const listPaymentsContract = {
  route: routes.listPayments,
  scope: "query",
  from: "query",
  wanted: z.strictObject({
    status: z.enum(paymentStatuses).optional(),
    provider: z.string().max(16).optional(),
    from: time.optional(),
    to: time.optional(),
    cursor: z.string().max(100).optional(),
    limit: z.coerce.number().int().min(1, "1 to 100").max(100, "1 to 100").default(20),
  }),
  answer: z.object({ items: z.array(paymentAnswer), next_cursor: z.string().nullable() }),
} satisfies Contract;

export const resendNotificationContract = {
  route: routes.resendNotification,
  scope: "notify",
  from: "body",
  mayBeBodyless: true,
  wanted: z.strictObject({ order_no: plainId, event_id: plainId.optional() }),
  answer: paymentAnswer,
} satisfies Contract;

export const capabilitiesContract = {
  route: routes.capabilities,
  scope: "query",
  from: "query",
  wanted: z.strictObject({}),
  answer: z.object({
    items: z.array(
      z.object({
        provider: z.string(),
        config: z.string(),
        scenes: z.array(z.string()),
        verbs: z.array(z.string()),
      }),
    ),
  }),
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
function readCursor(cursor: string): { createdAt: Date; id: string } {
  const [, ms, id] = /^(\d{1,15}):(\d{1,20})$/.exec(Buffer.from(cursor, "base64url").toString("utf8")) ?? [];
  if (ms !== undefined && id !== undefined) return { createdAt: new Date(Number(ms)), id };
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
