import { execFile } from "node:child_process";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { providers } from "../../lib/providers/registry.ts";
import { type Sandbox, startSandbox } from "../../scripts/sandbox/start-sandbox.ts";
import { type CheckOptions, checkProvider, variableOf } from "../../scripts/sandbox-check/check-provider.ts";
import { kits, providerNames } from "../kits/kits.ts";
import { movableClock, post } from "../sandbox/sandbox.ts";
import { startProviderProxy } from "../steps/provider-proxy.ts";

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox({ clock: movableClock() });
});
afterAll(() => sandbox.stop());

const simulatorOf = (provider: string) => (sandbox.simulators as Record<string, string>)[provider]!;

/** Credentials of a new account at a simulator. */
async function newConfig(provider: string, changes: object = {}): Promise<string> {
  const answer = await post(`${simulatorOf(provider)}/_sim/accounts`, "{}");
  const { account: _, ...credentials } = (await answer.json()) as Record<string, unknown>;
  return JSON.stringify({ ...credentials, ...changes });
}

async function linesOf(provider: string, options: Partial<CheckOptions>): Promise<string[]> {
  const lines: string[] = [];
  const provided = { config: undefined, baseUrl: undefined, webhookUrl: undefined, ...options };
  for await (const line of checkProvider(provider, provided)) lines.push(line);
  return lines;
}

type Ended = { code: number; output: string };

/** `npm run sandbox-check -- …` with no other environment. */
function command(args: string[], environment: Record<string, string> = {}): Promise<Ended> {
  const script = path.join(import.meta.dirname, "../../scripts/sandbox-check.ts");
  const { promise, resolve } = Promise.withResolvers<Ended>();
  const child = execFile(process.execPath, [script, ...args], { env: environment }, (_, stdout, stderr) =>
    resolve({ code: child.exitCode ?? -1, output: stdout + stderr }),
  );
  return promise;
}

describe.each(Object.keys(providers))("sandbox-check of %s", (provider) => {
  it(`sandbox-check of ${provider} proves every scene without a buyer`, async () => {
    const config = await newConfig(provider);
    const webhookUrl = "http://127.0.0.1:9/hook";
    const lines = await linesOf(provider, { config, baseUrl: simulatorOf(provider), webhookUrl });
    expect(lines).toContain("probe: the credentials work");
    for (const scene of Object.keys(providers[provider]!.scenes)) {
      const ofScene = lines.filter((line) => line.startsWith(`${scene}: `)).join("\n");
      expect(ofScene).toMatch(/prepared.*created: .*created again.*fetched: .*close: /s);
    }
    expect(lines.at(-1)).toMatch(/^webhook: (http.* is registered, once|nothing to register)/);
  });

  it(`sandbox-check of ${provider} is skipped with a message without credentials`, async () => {
    expect(await linesOf(provider, {})).toEqual([`skipped: ${variableOf(provider)} is not set`]);
  });
});

const sandboxed = providerNames.filter((name) => kits[name].liveCredentials);

it.each(sandboxed)("sandbox-check refuses %s's live keys before any call", async (provider) => {
  const config = await newConfig(provider, kits[provider].liveCredentials);
  const proxy = await startProviderProxy(simulatorOf(provider));
  const webhookUrl = "http://127.0.0.1:9/hook";
  await expect(linesOf(provider, { config, baseUrl: proxy.url, webhookUrl })).rejects.toThrow(/real money/);
  proxy.stop();
  expect(proxy.connections()).toBe(0);
});

it.each(providerNames.filter((name) => !sandboxed.includes(name)))(
  "sandbox-check refuses %s's real host, because it has no sandbox",
  async (provider) => {
    await expect(linesOf(provider, { config: await newConfig(provider) })).rejects.toThrow(/real money/);
  },
);

it.each(["https://api.stripe.com", "http://10.0.0.1:80", "http://127.0.0.1.example", "nothing"])(
  "sandbox-check sends no credentials to %s",
  async (baseUrl) => {
    const config = await newConfig("stripe");
    await expect(linesOf("stripe", { config, baseUrl })).rejects.toThrow(/--base-url must be/);
  },
);

describe("npm run sandbox-check", () => {
  it("sandbox-check exits with 0 when every provider is skipped", async () => {
    const { code, output } = await command([]);
    expect(code).toBe(0);
    const lines = Object.keys(providers).map((name) => `${name}: skipped: ${variableOf(name)} is not set\n`);
    expect(output).toBe(lines.join(""));
  });

  it("sandbox-check prints what was proven, and no key", async () => {
    const config = await newConfig("stripe");
    const { secret_key: secretKey } = JSON.parse(config) as Record<string, string>;
    const args = ["stripe", "--base-url", simulatorOf("stripe")];
    const { code, output } = await command(args, { STRIPE_SANDBOX_CONFIG: config });
    expect(output).toMatch(/^stripe: checkout: close: closed/m);
    expect(output).not.toContain(secretKey);
    expect(code).toBe(0);
  });

  it("sandbox-check exits with 1 and a message if the credentials do not work or are not readable", async () => {
    const args = ["stripe", "--base-url", simulatorOf("stripe")];
    const wrong = '{"secret_key":"sk_test_51canary"}';
    const refused = await command(args, { STRIPE_SANDBOX_CONFIG: wrong });
    expect(refused).toEqual({
      code: 1,
      output: expect.stringMatching(/the credentials do not work: Stripe/),
    });
    expect(refused.output).not.toContain("canary");
    const corrupted = await command(args, { STRIPE_SANDBOX_CONFIG: "sk_test_51canary" });
    expect(corrupted).toEqual({ code: 1, output: "stripe: STRIPE_SANDBOX_CONFIG is not a JSON object\n" });
  });
});
