import { endpoint, serve } from "../lib/http/endpoint.ts";
import {
  capabilitiesContract,
  listPaymentsContract,
  pageAnswer,
  paymentFilter,
} from "../lib/http/list-contracts.ts";
import { capabilities } from "../lib/payments/capabilities.ts";
import { listPayments } from "../lib/payments/list-payments.ts";

export const handler = serve(
  endpoint(listPaymentsContract, async (gateway, caller, input) =>
    pageAnswer(await listPayments(gateway, caller, paymentFilter(input))),
  ),
  endpoint(capabilitiesContract, async (gateway, caller) => ({
    items: await capabilities(gateway, caller),
  })),
);
