import * as z from "zod";
import { paymentStatuses } from "../payment/status.ts";
import type { Contract } from "./contract.ts";
import { plainAmount, plainId, text } from "./fields.ts";
import { routes } from "./routes.ts";

const url = text.max(2048, "at most 2048 characters");

const webUrl = url.refine(
  (given) => /^https?:$/.test(URL.parse(given)?.protocol ?? ""),
  "must be an http or https URL",
);

const shortText = text.max(500, "at most 500 characters");

/** `knownProvider` comes first whatever else is wrong: its failure has a code of its own. */
export const createPaymentWanted = (knownProvider: (name: string) => boolean) =>
  z.strictObject({
    provider: z.string().refine(knownProvider, {
      error: "unknown provider",
      params: { failure: "provider_not_found" },
      abort: true,
    }),
    out_trade_no: plainId,
    subject: text.trim().min(1, "must not be empty").max(256, "at most 256 characters"),
    body: text.trim().max(512, "at most 512 characters").default(""),
    amount: plainAmount,
    currency: z
      .string()
      .regex(/^[A-Z]{3}$/, "a three-letter code such as CNY")
      .default("CNY"),
    notify_url: url.optional(),
    return_url: webUrl.optional(),
    extra_params: z.record(z.string(), z.unknown()).default({}),
    scene: z.string().max(16).optional(),
    expires_in: z.int().min(60, "60 to 86400 seconds").max(86_400, "60 to 86400 seconds").default(7_200),
    metadata: z
      .record(text.min(1).max(40, "names of at most 40 characters"), shortText)
      .refine((map) => Object.keys(map).length <= 20, "at most 20 entries")
      .default({}),
    config: text.min(1).max(64).optional(),
  });

const createPaymentAnswer = z.object({
  order_no: z.string(),
  payment_url: z.string(),
  payment_id: z.string(),
  qr_code: z.string(),
  extra_data: z.record(z.string(), z.unknown()),
  status: z.enum(paymentStatuses),
  expires_at: z.string(),
  livemode: z.boolean(),
});

export const createPaymentContract = (knownProvider: (name: string) => boolean) =>
  ({
    route: routes.createPayment,
    scope: "create",
    from: "body",
    asText: ["amount"],
    wanted: createPaymentWanted(knownProvider),
    answer: createPaymentAnswer,
  }) satisfies Contract;

export const paymentAnswer = z.object({
  order_no: z.string(),
  out_trade_no: z.string(),
  provider: z.string(),
  trade_no: z.string(),
  subject: z.string(),
  body: z.string(),
  amount: z.number(),
  currency: z.string(),
  status: z.enum(paymentStatuses),
  payment_time: z.string().nullable(),
  created_at: z.string(),
  updated_at: z.string(),
  scene: z.string(),
  payment_id: z.string(),
  payment_url: z.string(),
  qr_code: z.string(),
  refunded_amount: z.number(),
  expires_at: z.string(),
  closed_at: z.string().nullable(),
  metadata: z.record(z.string(), z.string()),
  version: z.int(),
  late_success: z.boolean(),
  livemode: z.boolean(),
  looked_up_at: z.string().nullable(),
  notify_status: z.enum(["none", "pending", "sending", "success", "exhausted", "held"]),
});

export const queryPaymentContract = {
  route: routes.queryPayment,
  scope: "query",
  from: "path",
  wanted: z.strictObject({ order_no: plainId }),
  answer: paymentAnswer,
} satisfies Contract;

export const findPaymentContract = {
  route: routes.findPayment,
  scope: "query",
  from: "query",
  wanted: z.strictObject({ out_trade_no: plainId }),
  answer: paymentAnswer,
} satisfies Contract;

export const closePaymentContract = {
  route: routes.closePayment,
  scope: "create",
  from: "path",
  wanted: z.strictObject({ order_no: plainId }),
  answer: paymentAnswer,
} satisfies Contract;

export const paymentTimelineContract = {
  route: routes.paymentTimeline,
  scope: "query",
  from: "path",
  wanted: z.strictObject({ order_no: plainId }),
  answer: z.object({
    items: z.array(
      z.object({
        at: z.string(),
        kind: z.string(),
        title: z.string(),
        data: z.record(z.string(), z.unknown()),
      }),
    ),
  }),
} satisfies Contract;
