import { environmentSchema } from "../../lib/environment.ts";
import { createdAnswer } from "../../lib/http/payment-answers.ts";
import { createPaymentContract } from "../../lib/http/payment-contracts.ts";
import { wantedPayment } from "../../lib/http/wanted-payment.ts";
import { buildGateway, type Gateway } from "../../lib/open-gateway.ts";
import { createPayment } from "../../lib/payment/create-payment.ts";
import { isProvider } from "../../lib/providers/registry.ts";
import { type Data, keepObject } from "./api.ts";
import type { Shop } from "./world.ts";

/** What one more execution environment would have: a gateway and a database connection of its own. */
export function anotherGateway(changed: Record<string, string> = {}): Gateway {
  return buildGateway(environmentSchema.parse({ ...process.env, ...changed }));
}

/** Creates a payment through one gateway, as the function does behind its front; a refusal is thrown. */
export async function createThrough(gateway: Gateway, { apiKey }: Pick<Shop, "apiKey">, order: Data) {
  const caller = await gateway.authenticate(apiKey, "create");
  const wanted = wantedPayment(createPaymentContract(isProvider).wanted.parse(order));
  const created = createdAnswer(await createPayment(gateway, caller, wanted));
  keepObject(created);
  return created;
}
