import { wallClock } from "../../lib/clock.ts";
import { openProvider } from "../../lib/providers/credentials.ts";
import { scenesOf } from "../../lib/providers/registry.ts";
import { checkWebhook } from "./check-webhook.ts";
import { NotProven, safeChecks } from "./safe-checks.ts";

export type CheckOptions = {
  /** `config_data` as JSON text; absent: the check is skipped. */
  config: string | undefined;
  /** Replaces the official host; loopback only. */
  baseUrl: string | undefined;
  /** Registered at the provider when given. */
  webhookUrl: string | undefined;
};

/** A domain reserved for documentation: nobody receives what is sent there. */
const nowhere = "https://pay.example/sandbox-check";

/** Runs the safe checks against one provider and yields a line for each check that passes. Throws when one fails. */
export async function* checkProvider(
  provider: string,
  { config, baseUrl, webhookUrl }: CheckOptions,
): AsyncGenerator<string> {
  if (config === undefined) return yield `skipped: ${variableOf(provider)} is not set`;
  const input = readConfig(provider, config);
  const clock = wallClock("sandbox-check");
  const baseUrls = baseUrl === undefined ? {} : { [provider]: loopback(baseUrl) };
  const open = async (data: Record<string, unknown>) => {
    const input = { provider, name: "sandbox-check", input: data };
    const { adapter } = await openProvider(input, { clock, baseUrls, webhookUrl: webhookUrl ?? nowhere });
    // Before any call: a registration would already change something at the provider.
    if (adapter.livemode) throw new NotProven("refused: with these credentials real money would move");
    return adapter;
  };

  const adapter = await open(input);
  yield "credentials: well-formed, and they move no real money";
  yield* safeChecks({
    provider,
    adapter,
    scenes: scenesOf(provider),
    clock,
    webhookUrl: webhookUrl ?? nowhere,
  });
  if (webhookUrl === undefined) return;
  const complete = await checkWebhook(open, input, webhookUrl);
  yield complete
    ? `webhook: ${webhookUrl} is registered, once`
    : "webhook: nothing to register, each order carries its URL";
}

/** The environment variable that holds the credentials of a provider's sandbox. */
export function variableOf(provider: string): string {
  return `${provider.toUpperCase()}_SANDBOX_CONFIG`;
}

/** The error message does not repeat the text, because it contains keys. */
function readConfig(provider: string, text: string): Record<string, unknown> {
  const wrong = new NotProven(`${variableOf(provider)} is not a JSON object`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw wrong;
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw wrong;
  return { ...value };
}

function loopback(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === "http:" && ["127.0.0.1", "[::1]", "localhost"].includes(url.hostname)) {
    return url.origin;
  }
  throw new NotProven("--base-url must be http on this machine, because credentials are sent there");
}
