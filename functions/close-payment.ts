import type { Gateway } from "../lib/gateway.ts";
import { endpoint, serve } from "../lib/http/endpoint.ts";
import { seenAnswer } from "../lib/http/payment-answers.ts";
import { closePaymentContract } from "../lib/http/payment-contracts.ts";
import { openGateway } from "../lib/open-gateway.ts";
import { closePayment } from "../lib/payments/close-payment.ts";

export const handler = serve(
  openGateway,
  endpoint(closePaymentContract, async (gateway: Gateway, caller, { order_no }) =>
    seenAnswer(await closePayment(gateway, caller, { orderNo: order_no })),
  ),
);
