import { endpoint, serve } from "../lib/http/endpoint.ts";
import {
  findPaymentContract,
  paymentTimelineContract,
  queryPaymentContract,
} from "../lib/http/payment-contracts.ts";
import { seenAnswer, timelineAnswer } from "../lib/http/payment-mapping.ts";
import { paymentTimeline, queryPayment } from "../lib/payments/query-payment.ts";

export const handler = serve(
  endpoint(queryPaymentContract, async (gateway, caller, { order_no }) =>
    seenAnswer(await queryPayment(gateway, caller, { orderNo: order_no })),
  ),
  endpoint(findPaymentContract, async (gateway, caller, { out_trade_no }) =>
    seenAnswer(await queryPayment(gateway, caller, { outTradeNo: out_trade_no })),
  ),
  endpoint(paymentTimelineContract, async (gateway, caller, { order_no }) =>
    timelineAnswer(await paymentTimeline(gateway, caller, { orderNo: order_no })),
  ),
);
