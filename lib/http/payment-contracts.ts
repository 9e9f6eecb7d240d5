import * as z from "zod";
import { paymentStatuses } from "../domain/payment-state.ts";
import { isProvider } from "../providers/registry.ts";
import type { Contract } from "./contract.ts";
import { answeredAmount, answeredTime, plainAmount, plainId, text } from "./fields.ts";
import { routes } from "./routes.ts";

const url = text.max(2048, "at most 2048 characters");

const webUrl = url.refine(
  (value) => /^https?:$/.test(URL.parse(value)?.protocol ?? ""),
  "must be an http or https URL",
);

const shortText = text.max(500, "at most 500 characters");

/** `provider` is checked first and aborts, because an unknown provider has an error code of its own. */
const createPaymentInput = z.strictObject({
  provider: z
    .string()
    .refine(isProvider, {
      error: "unknown provider",
      params: { failure: "provider_not_found" },
      abort: true,
    })
    .describe("Who takes the money."),
  out_trade_no: plainId.describe("Your own number of the order; repeating it never makes a second payment."),
  subject: text
    .trim()
    .min(1, "must not be empty")
    .max(256, "at most 256 characters")
    .describe("What is paid for, as shown to the buyer; truncated if the provider allows less."),
  body: text.trim().max(512, "at most 512 characters").default("").describe("More about it."),
  amount: plainAmount.describe(
    "A number or a decimal string, at most 15 digits (trailing zeros of the decimals not counted), no exponent. Never rounded: an amount that the currency cannot express is refused.",
  ),
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/, "must be three capital letters such as CNY")
    .default("CNY")
    .describe("ISO 4217."),
  notify_url: url
    .optional()
    .describe("URL for notifications of this payment, instead of the merchant's default."),
  return_url: webUrl
    .optional()
    .describe("Where the buyer is redirected afterwards; `order_no` is added to its query."),
  extra_params: z
    .record(z.string(), z.unknown())
    .default({})
    .describe("Parameters of the scene; unknown ones are refused."),
  scene: z.string().max(16).optional().describe("How the buyer pays; each provider has a default."),
  expires_in: z
    .int()
    .min(60, "60 to 86400 seconds")
    .max(86_400, "60 to 86400 seconds")
    .default(7_200)
    .describe("Seconds until the order expires; shortened to the scene's `max_expires_in`."),
  metadata: z
    .record(text.min(1).max(40, "names of at most 40 characters"), shortText)
    .refine((map) => Object.keys(map).length <= 20, "at most 20 entries")
    .default({})
    .describe("Your own data: at most 20 entries, returned unchanged in answers and notifications."),
  config: text
    .min(1)
    .max(64)
    .optional()
    .describe("Name of the config to use, if several are active at the provider."),
});

const paymentStatus = z
  .enum(paymentStatuses)
  .describe(
    "`processing`: the provider's answer is not known or not final yet; `pending`: can be paid; `success`: paid, final; `failed` and `closed` become `success` only if the provider confirms a payment.",
  );
const orderNo = z.string().describe("The gateway's number of the payment.");
const paymentUrl = z
  .string()
  .describe("Where to send the buyer; empty for scenes without a link, and after the link has expired.");
const paymentId = z.string().describe("The provider's id of the payable object (session or order).");
const qrCode = z
  .string()
  .describe("Text to show as a QR code; empty for other scenes, and after the code has expired.");
const expiresAt = answeredTime.describe("When the order expires.");
const payableUntil =
  "When this link or code expires; until `expires_at`, repeating the create may return a new one.";
const livemode = z.boolean().describe("Whether real money moves.");

const createPaymentAnswer = z
  .object({
    order_no: orderNo,
    payment_url: paymentUrl,
    payment_id: paymentId,
    qr_code: qrCode,
    extra_data: z.record(z.string(), z.unknown()).describe("What an app needs to begin the payment."),
    status: paymentStatus,
    expires_at: expiresAt,
    payable_until: answeredTime.describe(payableUntil),
    livemode,
  })
  .meta({ id: "CreatedPayment" });

export const createPaymentContract = {
  route: routes.createPayment,
  summary: "Create a payment, or get the one that the same request created before",
  scope: "create",
  from: "body",
  asText: ["amount"],
  input: createPaymentInput,
  answer: createPaymentAnswer,
  failures: [
    "provider_not_found",
    "config_not_found",
    "amount_not_allowed",
    "conflict",
    "order_status",
    "create_refused",
    "create_not_accepted",
    "create_unknown",
  ],
} satisfies Contract;

export const paymentAnswer = z
  .object({
    order_no: orderNo,
    out_trade_no: z.string().describe("Your own number of the order."),
    provider: z.string().describe("Who takes the money."),
    trade_no: z.string().describe("The provider's number of the transaction; empty until it is known."),
    subject: z.string().describe("What is paid for."),
    body: z.string().describe("More about it; may be empty."),
    amount: answeredAmount.describe("A number: 10.00 prints 10."),
    currency: z.string().describe("ISO 4217."),
    status: paymentStatus,
    payment_time: answeredTime.nullable().describe("When the buyer paid."),
    created_at: answeredTime.describe("When it was created."),
    updated_at: answeredTime.describe("When it last changed."),
    scene: z.string().describe("How the buyer pays."),
    payment_id: paymentId,
    payment_url: paymentUrl,
    qr_code: qrCode,
    refunded_amount: answeredAmount.describe("How much of it has been refunded."),
    expires_at: expiresAt,
    payable_until: answeredTime.nullable().describe(`${payableUntil} Null while there is none.`),
    closed_at: answeredTime.nullable().describe("When it was closed."),
    metadata: z.record(z.string(), z.string()).describe("As it was sent."),
    version: z
      .int()
      .describe("Increases with every change of status or refunds: the highest version is the newest."),
    late_success: z.boolean().describe("Whether it was paid after it had failed or been closed."),
    livemode,
    looked_up_at: answeredTime
      .nullable()
      .describe("When the provider was last polled about it; webhooks do not count."),
    notify_status: z
      .enum(["none", "pending", "sending", "success", "exhausted", "held"])
      .describe("Whether you have received its last event."),
  })
  .meta({ id: "Payment" });

const byOrderNo = z.strictObject({ order_no: plainId.describe("The gateway's number of the payment.") });

export const queryPaymentContract = {
  route: routes.queryPayment,
  summary: "Get a payment; one that is not final is first fetched from the provider, at most every 3 seconds",
  scope: "query",
  from: "path",
  input: byOrderNo,
  answer: paymentAnswer,
  failures: ["order_not_found"],
} satisfies Contract;

export const findPaymentContract = {
  route: routes.findPayment,
  summary: "Get a payment by your own number",
  scope: "query",
  from: "query",
  input: z.strictObject({ out_trade_no: plainId.describe("Your own number of the order.") }),
  answer: paymentAnswer,
  failures: ["order_not_found"],
} satisfies Contract;

export const closePaymentContract = {
  route: routes.closePayment,
  summary: "Close a payment at the provider, then here",
  scope: "create",
  from: "body",
  mayBeBodyless: true,
  input: byOrderNo,
  answer: paymentAnswer,
  failures: ["order_not_found", "order_status", "config_not_found", "close_not_possible", "close_failed"],
} satisfies Contract;

export const paymentTimelineContract = {
  route: routes.paymentTimeline,
  summary: "Get everything that happened to a payment",
  scope: "query",
  from: "path",
  input: byOrderNo,
  answer: z
    .object({
      items: z
        .array(
          z.object({
            at: answeredTime.describe("When it happened."),
            kind: z.string().describe("Kind of the step."),
            title: z.string().describe("The step in words, for people."),
            data: z.record(z.string(), z.unknown()).describe("Its details, without secrets."),
          }),
        )
        .describe(
          "Oldest first: calls to the provider, verified provider events, status changes, delivery attempts.",
        ),
    })
    .meta({ id: "Timeline" }),
  failures: ["order_not_found"],
} satisfies Contract;
