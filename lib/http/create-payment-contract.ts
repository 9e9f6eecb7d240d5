import * as z from "zod";
import { isProvider, providers } from "../providers/registry.ts";
import type { Contract } from "./contract.ts";
import { answeredTime, plainAmount, plainId, text } from "./fields.ts";
import { exampleCheckout, exampleOrder, payableUntil, paymentAnswer } from "./payment-answer.ts";

const url = text.max(2048, "at most 2048 characters");

const webUrl = url.refine(
  (value) => /^https?:$/.test(URL.parse(value)?.protocol ?? ""),
  "must be an http or https URL",
);

const shortText = text.max(500, "at most 500 characters");

const scenes = Object.entries(providers).map(
  ([name, entry]) => `${name}: \`${Object.keys(entry.scenes).join("`, `")}\``,
);

/** `provider` is checked first and aborts, because an unknown provider has an error code of its own. */
const createPaymentInput = z.strictObject({
  provider: z
    .string()
    .refine(isProvider, {
      error: "unknown provider",
      params: { failure: "provider_not_found" },
      abort: true,
    })
    .meta({ enum: Object.keys(providers) })
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
  scene: z
    .string()
    .max(16)
    .optional()
    .describe(`How the buyer pays; the first is the default. ${scenes.join("; ")}.`),
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

const { order_no, payment_url, payment_id, qr_code, status, expires_at, livemode } = paymentAnswer.shape;

const createPaymentAnswer = z
  .object({
    order_no,
    payment_url,
    payment_id,
    qr_code,
    extra_data: z.record(z.string(), z.unknown()).describe("What an app needs to begin the payment."),
    status,
    expires_at,
    payable_until: answeredTime.describe(payableUntil),
    livemode,
  })
  .meta({ id: "CreatedPayment" });

export const createPaymentContract = {
  operationId: "createPayment",
  route: "POST /api/v1/payment/create",
  tag: "Payments",
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
  example: {
    input: {
      provider: exampleOrder.provider,
      out_trade_no: "order-1",
      subject: "Green tea",
      amount: "12.34",
      return_url: "https://tea.example.com/thanks",
      metadata: { basket: "7" },
    },
    answer: {
      order_no: exampleOrder.order_no,
      ...exampleCheckout,
      extra_data: {},
      status: "pending",
      livemode: true,
    },
  },
} satisfies Contract;
