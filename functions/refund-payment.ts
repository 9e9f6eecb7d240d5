import { endpoint, serve } from "../lib/http/endpoint.ts";
import { readAmount } from "../lib/http/read-amount.ts";
import { refundAnswerOf, wantedRefund } from "../lib/http/refund-answer.ts";
import { createRefundContract, queryRefundContract } from "../lib/http/refund-contracts.ts";
import { type Gateway, openGateway } from "../lib/open-gateway.ts";
import { createRefund } from "../lib/refund/create-refund.ts";
import { queryRefund } from "../lib/refund/look-refund.ts";

export const handler = serve(
  openGateway,
  endpoint(createRefundContract, async (gateway: Gateway, caller, wanted) =>
    refundAnswerOf(await createRefund(gateway, caller, wantedRefund(wanted), readAmount)),
  ),
  endpoint(queryRefundContract, async (gateway: Gateway, caller, { refund_no }) =>
    refundAnswerOf(await queryRefund(gateway, caller, refund_no)),
  ),
);
