import { endpoint, serve } from "../lib/http/endpoint.ts";
import { refundAnswerOf, refundCommand } from "../lib/http/payment-mapping.ts";
import { createRefundContract, queryRefundContract } from "../lib/http/refund-contracts.ts";
import { createRefund } from "../lib/payments/create-refund.ts";
import { queryRefund } from "../lib/payments/poll-refund.ts";

export const handler = serve(
  endpoint(createRefundContract, async (gateway, caller, input) =>
    refundAnswerOf(await createRefund(gateway, caller, refundCommand(input))),
  ),
  endpoint(queryRefundContract, async (gateway, caller, { refund_no }) =>
    refundAnswerOf(await queryRefund(gateway, caller, refund_no)),
  ),
);
