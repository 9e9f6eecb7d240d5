import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import * as z from "zod";
import type { SandboxProcess } from "./sandbox-process.ts";

/** A demo merchant as written to `.local/stack.json`. */
export type DemoMerchant = {
  user_id: string;
  username: string;
  api_key: string;
  webhook_secret: string;
  notify_inbox_url: string;
  configs: Record<string, string>;
};

type Ops = <T>(command: string, args: Record<string, unknown>) => Promise<T>;

const account = z.object({
  config_id: z.string(),
  credentials: z.record(z.string(), z.unknown()),
  /** The gateway origin that the provider's webhook was registered with. */
  gateway_url: z.string(),
});
type Account = z.infer<typeof account>;
const stored = z.array(
  z.object({
    user_id: z.string(),
    username: z.string(),
    api_key: z.string(),
    webhook_secret: z.string(),
    /** Accounts at the simulators, by provider. */
    accounts: z.record(z.string(), account).default({}),
  }),
);
type Cached = z.infer<typeof stored>[number];

/**
 * Opens two merchants, so that one can be tried against the other. `folder` keeps their API keys and secrets, which are
 * shown only once, and their accounts at the simulators, because orders made before a restart belong to those accounts.
 */
export async function openDemoMerchants(
  ops: Ops,
  { sandbox, folder, gatewayUrl }: { sandbox: SandboxProcess; folder: string; gatewayUrl: string },
): Promise<DemoMerchant[]> {
  const file = path.join(folder, "demo-merchants.json");
  const saved = existsSync(file) ? stored.parse(JSON.parse(readFileSync(file, "utf8"))) : [];
  const existing = await ops<{ user_id: string; username: string }[]>("merchant list", {});
  const isThere = (one: Cached) =>
    existing.some(({ user_id, username }) => user_id === one.user_id && username === one.username);
  const merchants =
    saved.length === 2 && saved.every(isThere)
      ? saved
      : [await create(ops, "tea"), await create(ops, "books")];
  const keepThem = () => writeFileSync(file, JSON.stringify(merchants, null, 2), { mode: 0o600 });
  keepThem();
  const opened = await Promise.all(merchants.map((merchant) => connect(ops, sandbox, gatewayUrl, merchant)));
  keepThem();
  return opened;
}

async function create(ops: Ops, name: string): Promise<Cached> {
  const username = `${name}-shop-${randomBytes(2).toString("hex")}`;
  const { user_id, webhook_secret } = await ops<Cached>("merchant create", { username });
  const { api_key } = await ops<Cached>("key create", { merchant: user_id });
  return { user_id, username, api_key, webhook_secret, accounts: {} };
}

async function connect(
  ops: Ops,
  sandbox: SandboxProcess,
  gatewayUrl: string,
  merchant: Cached,
): Promise<DemoMerchant> {
  const notify_inbox_url = `${sandbox.inboxBaseUrl}/${merchant.username}`;
  // No rate limit, so that the demo merchants can also be used for load tests.
  const settings = { notify_url: notify_inbox_url, rate_limit: "none" };
  await ops("merchant set", { merchant: merchant.user_id, ...settings });
  const configs: Record<string, string> = {};
  for (const [provider, url] of Object.entries(sandbox.simulators)) {
    const account = await accountAt(ops, { provider, url, gatewayUrl, merchant });
    merchant.accounts[provider] = account;
    configs[provider] = account.config_id;
  }
  const { accounts: _, ...shown } = merchant;
  return { ...shown, notify_inbox_url, configs };
}

type Where = { provider: string; url: string; gatewayUrl: string; merchant: Cached };

/** Reuses the account of the last start if the simulator still has it, and opens a new one otherwise. */
async function accountAt(ops: Ops, { provider, url, gatewayUrl, merchant }: Where): Promise<Account> {
  const saved = merchant.accounts[provider];
  const set = async (credentials: Record<string, unknown>): Promise<Account> => {
    const data = JSON.stringify(credentials);
    const { config_id } = await ops<{ config_id: string }>("config set", {
      merchant: merchant.user_id,
      provider,
      data,
    });
    return { config_id, credentials, gateway_url: gatewayUrl };
  };
  if (saved && (await works(ops, merchant, saved))) {
    return saved.gateway_url === gatewayUrl ? saved : set(saved.credentials);
  }
  const opened = await post<Record<string, string>>(`${url}/_sim/accounts`, {});
  // Without a webhook's secret or id, `config set` registers our webhook at the provider, as for any new merchant.
  const { account: _account, webhook_secret: _webhookSecret, ...credentials } = opened;
  return set(credentials);
}

async function works(ops: Ops, { user_id }: Cached, { config_id }: Account): Promise<boolean> {
  const check = { merchant: user_id, config_id };
  const checked = await ops<{ verdict: string; active: boolean }>("config check", check).catch(() => null);
  return checked?.verdict === "works" && checked.active;
}

async function post<T>(url: string, body: unknown): Promise<T> {
  const headers = { "content-type": "application/json" };
  const answer = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}: ${await answer.text()}`);
  return (await answer.json()) as T;
}
