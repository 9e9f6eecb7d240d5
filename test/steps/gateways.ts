import { environmentSchema } from "../../lib/environment.ts";
import type { Gateway } from "../../lib/gateway.ts";
import { createPaymentContract } from "../../lib/http/create-payment-contract.ts";
import { createdAnswer, paymentCommand } from "../../lib/http/payment-mapping.ts";
import { buildGateway } from "../../lib/open-gateway.ts";
import { createPayment } from "../../lib/payments/create-payment.ts";
import { type Data, keepObject } from "./api.ts";
import type { Shop } from "./world.ts";

/** A gateway as in another Lambda execution environment, with its own database connection and caches. */
export function anotherGateway(changed: Record<string, string> = {}): Gateway {
  return buildGateway(environmentSchema.parse({ ...process.env, ...changed }));
}

/** Creates a payment with this gateway as the create-payment function does, without HTTP; throws on a refusal. */
export async function createThrough(gateway: Gateway, { apiKey }: Pick<Shop, "apiKey">, order: Data) {
  const caller = await gateway.authenticate(apiKey, "create");
  const input = paymentCommand(createPaymentContract.input.parse(order));
  const created = createdAnswer(await createPayment(gateway, caller, input));
  keepObject(created);
  return created;
}
