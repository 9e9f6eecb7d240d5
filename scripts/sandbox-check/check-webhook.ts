import { isDeepStrictEqual } from "node:util";
import type { Provider } from "../../lib/payments/provider.ts";
import { NotProven } from "./safe-checks.ts";

type Provided = Record<string, unknown>;

/**
 * Registers the webhook URL twice, the second time with the credentials that the first registration completed: then
 * nothing may change. Returns the completed credentials; undefined for a provider that needs no registration.
 */
export async function checkWebhook(
  open: (provided: Provided) => Promise<Provider>,
  provided: Provided,
  webhookUrl: string,
): Promise<Provided | undefined> {
  const first = await (await open(provided)).register?.(webhookUrl);
  if (!first) return undefined;
  const complete = { ...provided, ...first };
  const second = await (await open(complete)).register?.(webhookUrl);
  if (!isDeepStrictEqual(second, first))
    throw new NotProven("webhook: a second registration returned another webhook");
  return complete;
}
