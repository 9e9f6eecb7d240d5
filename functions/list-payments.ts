import type { Gateway } from "../lib/gateway.ts";
import { endpoint, serve } from "../lib/http/endpoint.ts";
import {
  capabilitiesContract,
  listPaymentsContract,
  pageAnswer,
  paymentFilter,
} from "../lib/http/list-contracts.ts";
import { openGateway } from "../lib/open-gateway.ts";
import { capabilities } from "../lib/payments/capabilities.ts";
import { listPayments } from "../lib/payments/list-payments.ts";

export const handler = serve(
  openGateway,
  endpoint(listPaymentsContract, async (gateway: Gateway, caller, input) =>
    pageAnswer(await listPayments(gateway, caller, paymentFilter(input))),
  ),
  endpoint(capabilitiesContract, async (gateway: Gateway, caller) => ({
    items: await capabilities(gateway, caller),
  })),
);
