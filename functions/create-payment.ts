import { endpoint, serve } from "../lib/http/endpoint.ts";
import { createPaymentContract } from "../lib/http/payment-contracts.ts";
import { createdAnswer, paymentCommand } from "../lib/http/payment-mapping.ts";
import { createPayment } from "../lib/payments/create-payment.ts";

export const handler = serve(
  endpoint(createPaymentContract, async (gateway, caller, input) =>
    createdAnswer(await createPayment(gateway, caller, paymentCommand(input))),
  ),
);
