import { endpoint, serve } from "../lib/http/endpoint.ts";
import { closePaymentContract } from "../lib/http/payment-contracts.ts";
import { seenAnswer } from "../lib/http/payment-mapping.ts";
import { closePayment } from "../lib/payments/close-payment.ts";

export const handler = serve(
  endpoint(closePaymentContract, async (gateway, caller, { order_no }) =>
    seenAnswer(await closePayment(gateway, caller, { orderNo: order_no })),
  ),
);
