import type * as z from "zod";
import { providers } from "../../providers/registry.ts";
import type { Contract } from "../contract.ts";
import { capabilitiesContract, listPaymentsContract, resendNotificationContract } from "../list-contracts.ts";
import {
  closePaymentContract,
  createPaymentContract,
  findPaymentContract,
  paymentTimelineContract,
  queryPaymentContract,
} from "../payment-contracts.ts";
import { createRefundContract, queryRefundContract } from "../refund-contracts.ts";
import { example } from "./examples.ts";

/** A route of the merchant API with an example call, for the API reference. */
export type MerchantRoute = {
  contract: Contract;
  tag: string;
  input: Record<string, unknown>;
  answer: unknown;
};

function route<Input extends z.ZodObject, Answer extends z.ZodType>(
  tag: string,
  contract: Contract<Input, Answer>,
  input: z.input<Input>,
  answer: z.input<Answer>,
): MerchantRoute {
  return { contract, tag, input, answer };
}

const { order_no, out_trade_no } = example.payment;
const { refund_no } = example.refund;

/** Every contract of the merchant API. */
export const merchantRoutes: readonly MerchantRoute[] = [
  route("Payments", createPayment(), example.paymentInput, example.created),
  route("Payments", queryPaymentContract, { order_no }, example.payment),
  route("Payments", findPaymentContract, { out_trade_no }, example.payment),
  route("Payments", closePaymentContract, { order_no }, { ...example.payment, ...closed() }),
  route("Payments", paymentTimelineContract, { order_no }, example.timeline),
  route(
    "Payments",
    listPaymentsContract,
    { status: "success", from: "2026-01-31T00:00:00Z", limit: 20 },
    { items: [example.payment], next_cursor: "MTc2OTgxNzYwMDAwMDo3" },
  ),
  route("Payments", capabilitiesContract, {}, example.capabilities),
  route("Refunds", createRefundContract, example.refundInput, example.refund),
  route("Refunds", queryRefundContract, { refund_no }, example.refund),
  route(
    "Notifications",
    resendNotificationContract,
    { order_no, event_id: example.paymentNotification.event_id },
    { ...example.payment, notify_status: "pending" },
  ),
];

/** The create contract with the registered providers and their scenes filled in. */
function createPayment() {
  const { input, ...contract } = createPaymentContract;
  const { provider, scene } = input.shape;
  const scenes = Object.entries(providers).map(
    ([name, entry]) => `${name}: \`${Object.keys(entry.scenes).join("`, `")}\``,
  );
  return {
    ...contract,
    input: input.extend({
      provider: provider.meta({ enum: Object.keys(providers) }),
      scene: scene.describe(`How the buyer pays; the first is the default. ${scenes.join("; ")}.`),
    }),
  };
}

function closed() {
  const at = "2026-01-31T00:30:00.000Z";
  const notPaid = { trade_no: "", status: "closed", payment_time: null, version: 3 } as const;
  return { ...notPaid, closed_at: at, updated_at: at };
}
