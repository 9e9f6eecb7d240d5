import { isDeepStrictEqual } from "node:util";
import type { Provider } from "../../lib/payment/provider.ts";
import { NotProven } from "./safe-checks.ts";

type Given = Record<string, unknown>;

/**
 * Registers the webhook URL and, with what the registration adds to the credentials, once more: the second time nothing may
 * change. Answers the completed credentials, undefined for a provider that needs no registration.
 */
export async function checkWebhook(
  open: (given: Given) => Promise<Provider>,
  given: Given,
  webhookUrl: string,
): Promise<Given | undefined> {
  const first = await (await open(given)).register?.(webhookUrl);
  if (!first) return undefined;
  const complete = { ...given, ...first };
  const second = await (await open(complete)).register?.(webhookUrl);
  if (!isDeepStrictEqual(second, first)) throw new NotProven("registered again: the webhook is another one");
  return complete;
}
