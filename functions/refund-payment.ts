import type { Gateway } from "../lib/gateway.ts";
import { endpoint, serve } from "../lib/http/endpoint.ts";
import { readAmount } from "../lib/http/read-amount.ts";
import { refundAnswerOf, refundCommand } from "../lib/http/refund-answer.ts";
import { createRefundContract, queryRefundContract } from "../lib/http/refund-contracts.ts";
import { openGateway } from "../lib/open-gateway.ts";
import { createRefund } from "../lib/payments/create-refund.ts";
import { queryRefund } from "../lib/payments/poll-refund.ts";

export const handler = serve(
  openGateway,
  endpoint(createRefundContract, async (gateway: Gateway, caller, input) =>
    refundAnswerOf(await createRefund(gateway, caller, refundCommand(input), readAmount)),
  ),
  endpoint(queryRefundContract, async (gateway: Gateway, caller, { refund_no }) =>
    refundAnswerOf(await queryRefund(gateway, caller, refund_no)),
  ),
);
