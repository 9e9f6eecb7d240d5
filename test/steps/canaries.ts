import { simulatorOf } from "./simulator.ts";
import type { Shop, World } from "./world.ts";

/** Fields of the credentials at providers that nobody else may see. */
const secret = ["secret_key", "webhook_secret", "secret", "api_v3_key", "private_key"];

/** Long enough that no chance makes them: what a shop keeps secret, its keys line by line, by what they are. */
export function secretsOf(shop: Shop): Map<string, string> {
  const found = new Map<string, string>([
    ["API key", shop.apiKey],
    ["notification secret", shop.webhookSecret.replace("whsec_", "")],
  ]);
  for (const [provider, account] of Object.entries(shop.accounts)) {
    for (const name of secret.filter((field) => account[field])) {
      const lines = account[name]!.split("\n").filter((line) => line.length > 16 && !line.startsWith("-"));
      for (const [at, line] of lines.entries()) found.set(`${provider} ${name} ${at}`, line);
    }
  }
  return found;
}

/** What calls to the providers were signed with. */
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

/** Names of the canaries in a text, also where JSON, a URL or base64 has disguised them. */
export function namesIn(text: string, wanted: Map<string, string>): string[] {
  const names = [...wanted].filter(([, value]) =>
    [value, encodeURIComponent(value), Buffer.from(value).toString("base64").replace(/.?=*$/, "")].some(
      (form) => text.includes(form),
    ),
  );
  return names.map(([name]) => name);
}
