import type { Gateway } from "../lib/gateway.ts";
import { endpoint, serve } from "../lib/http/endpoint.ts";
import { createdAnswer } from "../lib/http/payment-answers.ts";
import { paymentCommand } from "../lib/http/payment-command.ts";
import { createPaymentContract } from "../lib/http/payment-contracts.ts";
import { openGateway } from "../lib/open-gateway.ts";
import { createPayment } from "../lib/payments/create-payment.ts";
import { isProvider } from "../lib/providers/registry.ts";

export const handler = serve(
  openGateway,
  endpoint(createPaymentContract(isProvider), async (gateway: Gateway, caller, input) =>
    createdAnswer(await createPayment(gateway, caller, paymentCommand(input))),
  ),
);
