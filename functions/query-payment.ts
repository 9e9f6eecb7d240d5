import type { Gateway } from "../lib/gateway.ts";
import { endpoint, serve } from "../lib/http/endpoint.ts";
import { seenAnswer, timelineAnswer } from "../lib/http/payment-answers.ts";
import {
  findPaymentContract,
  paymentTimelineContract,
  queryPaymentContract,
} from "../lib/http/payment-contracts.ts";
import { openGateway } from "../lib/open-gateway.ts";
import { paymentTimeline, queryPayment } from "../lib/payments/query-payment.ts";

export const handler = serve(
  openGateway,
  endpoint(queryPaymentContract, async (gateway: Gateway, caller, { order_no }) =>
    seenAnswer(await queryPayment(gateway, caller, { orderNo: order_no })),
  ),
  endpoint(findPaymentContract, async (gateway: Gateway, caller, { out_trade_no }) =>
    seenAnswer(await queryPayment(gateway, caller, { outTradeNo: out_trade_no })),
  ),
  endpoint(paymentTimelineContract, async (gateway: Gateway, caller, { order_no }) =>
    timelineAnswer(await paymentTimeline(gateway, caller, { orderNo: order_no })),
  ),
);
