import { createPaymentContract } from "../lib/http/create-payment-contract.ts";
import { endpoint, serve } from "../lib/http/endpoint.ts";
import { createdAnswer, paymentCommand } from "../lib/http/payment-mapping.ts";
import { createPayment } from "../lib/payments/create-payment.ts";

export const handler = serve(
  endpoint(createPaymentContract, async (gateway, caller, input) =>
    createdAnswer(await createPayment(gateway, caller, paymentCommand(input))),
  ),
);
