import { endpoint, serve } from "../lib/http/endpoint.ts";
import { createdAnswer } from "../lib/http/payment-answers.ts";
import { createPaymentContract } from "../lib/http/payment-contracts.ts";
import { wantedPayment } from "../lib/http/wanted-payment.ts";
import { type Gateway, openGateway } from "../lib/open-gateway.ts";
import { createPayment } from "../lib/payment/create-payment.ts";
import { isProvider } from "../lib/providers/registry.ts";

export const handler = serve(
  openGateway,
  endpoint(createPaymentContract(isProvider), async (gateway: Gateway, caller, wanted) =>
    createdAnswer(await createPayment(gateway, caller, wantedPayment(wanted))),
  ),
);
