import { isDeepStrictEqual } from "node:util";
import type { Provider } from "../../lib/domain/provider.ts";
import { NotProven } from "./safe-checks.ts";

type Credentials = Record<string, unknown>;

/**
 * Registers the webhook URL twice, the second time with the credentials that the first registration completed: then
 * nothing may change. Returns the completed credentials; undefined for a provider that needs no registration.
 */
export async function checkWebhook(
  open: (credentials: Credentials) => Promise<Provider>,
  credentials: Credentials,
  webhookUrl: string,
): Promise<Credentials | undefined> {
  const first = await (await open(credentials)).register?.(webhookUrl);
  if (!first) return undefined;
  const complete = { ...credentials, ...first };
  const second = await (await open(complete)).register?.(webhookUrl);
  if (!isDeepStrictEqual(second, first))
    throw new NotProven("webhook: a second registration returned another webhook");
  return complete;
}
