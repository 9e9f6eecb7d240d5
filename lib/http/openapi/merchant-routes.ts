import type * as z from "zod";
import { isProvider, providers } from "../../providers/registry.ts";
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

/** A merchant's route in the API reference, with one call as an example. */
export type MerchantRoute = {
  contract: Contract;
  tag: string;
  wanted: Record<string, unknown>;
  answer: unknown;
};

function route<Wanted extends z.ZodObject, Answer extends z.ZodType>(
  tag: string,
  contract: Contract<Wanted, Answer>,
  wanted: z.input<Wanted>,
  answer: z.input<Answer>,
): MerchantRoute {
  return { contract, tag, wanted, answer };
}

const { order_no, out_trade_no } = example.payment;
const { refund_no } = example.refund;

/** Every contract of the merchant API. */
export const merchantRoutes: readonly MerchantRoute[] = [
  route("Payments", createPayment(), example.wantedPayment, example.created),
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
  route("Refunds", createRefundContract, example.wantedRefund, example.refund),
  route("Refunds", queryRefundContract, { refund_no }, example.refund),
  route(
    "Notifications",
    resendNotificationContract,
    { order_no, event_id: example.paymentNotification.event_id },
    { ...example.payment, notify_status: "pending" },
  ),
];

/** With the providers that there are. */
function createPayment() {
  const { wanted, ...contract } = createPaymentContract(isProvider);
  const { provider, scene } = wanted.shape;
  const scenes = Object.entries(providers).map(
    ([name, entry]) => `${name}: \`${Object.keys(entry.scenes).join("`, `")}\``,
  );
  return {
    ...contract,
    wanted: wanted.extend({
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
