import { GatewayError } from "../lib/errors.ts";
import { isProvider, providers } from "../lib/providers/registry.ts";
import { commandLine, misused } from "./command-line.ts";
import { checkProvider, variableOf } from "./sandbox-check/check-provider.ts";
import { NotProven } from "./sandbox-check/safe-checks.ts";

const usage = `npm run sandbox-check -- [provider …] [--webhook-url https://…] [--base-url http://127.0.0.1:…]

Checks the providers' contract against their real sandboxes, as far as that does no harm: credentials, account, an order
that is created, fetched and closed, and with --webhook-url the webhook's registration. Nothing is paid. Without a
provider, all are checked. A provider that has no sandbox is checked with --base-url only.

Credentials are the JSON of a config: ${Object.keys(providers).map(variableOf).join(", ")}.
`;

async function main(): Promise<number> {
  const { values, positionals } = commandLine(usage, {
    allowPositionals: true,
    options: { "webhook-url": { type: "string" }, "base-url": { type: "string" } },
  });
  const unknown = positionals.find((name) => !isProvider(name));
  if (unknown !== undefined) misused(`no provider "${unknown}"`, usage);
  let failures = 0;
  for (const provider of positionals.length > 0 ? positionals : Object.keys(providers)) {
    const config = process.env[variableOf(provider)];
    const options = { config, webhookUrl: values["webhook-url"], baseUrl: values["base-url"] };
    failures += (await checked(provider, options)) ? 0 : 1;
  }
  return failures > 0 ? 1 : 0;
}

async function checked(provider: string, options: Parameters<typeof checkProvider>[1]): Promise<boolean> {
  try {
    for await (const line of checkProvider(provider, options)) console.log(`${provider}: ${line}`);
    return true;
  } catch (error) {
    if (!(error instanceof NotProven || error instanceof GatewayError)) throw error;
    console.error(`${provider}: ${error.message}`);
    return false;
  }
}

process.exitCode = await main();
