import { registerHooks } from "node:module";
import { text } from "node:stream/consumers";
import type { ProviderModule } from "../../../lib/providers/provider-module.ts";
import { providers } from "../../../lib/providers/registry.ts";

// A process that parses one webhook and prints which packages this loaded. See parse-alone.test.ts.

const packages = new Set<string>();
registerHooks({
  resolve(specifier, context, next) {
    if (/^[\w@]/.test(specifier) && !/^(node|file|data):/.test(specifier)) packages.add(specifier);
    return next(specifier, context);
  },
});

const { provider, credentials, body, headers, now } = JSON.parse(await text(process.stdin));
const module: ProviderModule | undefined = await providers[provider]?.load();
const adapter = module?.open(module.credentials.parse(credentials), { clock: { now: () => new Date(now) } });
const parsed = await adapter?.parseWebhook({ body: Buffer.from(body, "base64"), headers }, "account");
process.stdout.write(JSON.stringify({ parsed: parsed?.eventType, packages: [...packages] }));
