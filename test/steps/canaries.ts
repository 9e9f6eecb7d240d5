import type { ProviderName } from "../../lib/providers/registry.ts";
import { kits } from "../kits/kits.ts";
import { simulatorOf } from "./simulator.ts";
import type { Shop, World } from "./world.ts";

/** The secret texts of a shop's credentials at a provider, by field: all that its kit does not call public. */
export function secretFields(shop: Shop, provider: string): [field: string, text: string][] {
  const { publicFields } = kits[provider as ProviderName];
  return Object.entries(shop.accounts[provider] ?? {}).filter(
    ([field, text]) => typeof text === "string" && !publicFields.includes(field),
  );
}

/** A shop's secrets by name, PEM keys line by line. Lines up to 16 characters are left out: chance may make them. */
export function secretsOf(shop: Shop): Map<string, string> {
  const found = new Map<string, string>([
    ["API key", shop.apiKey],
    ["notification secret", shop.webhookSecret.replace("whsec_", "")],
  ]);
  for (const provider of Object.keys(shop.accounts)) {
    for (const [name, text] of secretFields(shop, provider)) {
      const lines = text.split("\n").filter((line) => line.length > 16 && !line.startsWith("-"));
      for (const [at, line] of lines.entries()) found.set(`${provider} ${name} ${at}`, line);
    }
  }
  return found;
}

/** The credentials in the Authorization headers of our calls to the providers. */
export async function authorizationsOf(
  world: World,
  providers: readonly string[],
): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const provider of providers) {
    for (const [at, { headers }] of (await simulatorOf(world, provider).calls()).entries()) {
      const credential = credentialIn(headers.authorization);
      if (credential) found.set(`${provider} authorization ${at}`, credential);
    }
  }
  return found;
}

function credentialIn(authorization = ""): string | undefined {
  return /(?:^\w+ |signature=")([^" ,]{20,})"?$/.exec(authorization)?.[1];
}

/** The names of the canaries that a text contains: plain, URL-encoded or in base64. */
export function namesIn(text: string, canaries: Map<string, string>): string[] {
  const names = [...canaries].filter(([, value]) =>
    [value, encodeURIComponent(value), Buffer.from(value).toString("base64").replace(/.?=*$/, "")].some(
      (form) => text.includes(form),
    ),
  );
  return names.map(([name]) => name);
}
