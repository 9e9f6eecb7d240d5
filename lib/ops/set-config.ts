import type { Account, StoredConfig } from "../domain/config.ts";
import type { Provider } from "../domain/provider.ts";
import { webhookUrl } from "../domain/public-urls.ts";
import { GatewayError } from "../errors.ts";
import type { Gateway } from "../gateway.ts";
import { credentialContext, credentialsOf, openProvider } from "../providers/credentials.ts";
import type { ProviderModule } from "../providers/provider-module.ts";
import {
  createConfig,
  discardConfig,
  findConfig,
  listConfigs,
  noCredentials,
  putCredentials,
} from "../storage/payment-configs.ts";
import { pollAgain } from "../storage/payments/polls.ts";

export type ConfigWish = {
  userId: string;
  provider: string;
  name: string;
  /** The credentials as entered. A field set to `null` is removed instead of carried over from the previous version. */
  input: Record<string, unknown>;
  /** Store the credentials even if the provider does not answer now. */
  skipProbe: boolean;
  /** Register a new webhook endpoint in place of the existing one. */
  newWebhook: boolean;
};

/** Which row receives the credentials (`null`: a new one), and which config it replaces under the name. */
type Place = {
  did: "created" | "updated" | "replaced" | "restored";
  row: StoredConfig | null;
  replaces: StoredConfig | null;
};

/**
 * Stores a provider's credentials under a name. Credentials of the account that holds the name become the next version
 * of its config. Credentials of another account become another config, and the previous config keeps serving its own
 * orders. An account that held the name earlier gets its own config back.
 */
export async function setConfig(gateway: Gateway, wish: ConfigWish) {
  const { userId, provider, name, skipProbe } = wish;
  const input = withoutNull(wish.input);
  const opened = await openProvider({ provider, name, input }, gateway);
  const rows = await listConfigs(gateway.db, userId, provider);
  const named = rows.filter((config) => config.name === name);
  const account = await accountOf(gateway, named, opened, wish);
  const place = placeOf(named, account, provider);
  const before = place.row && (await credentialsBefore(gateway, place.row, opened.module));
  const now = gateway.clock.now();
  const carried = before === null ? {} : (opened.module.carryOver?.(before, wish.input, now) ?? {});
  const credentials = withoutNull({ ...carried, ...wish.input });
  if (!skipProbe)
    await assertWorking(
      (await openProvider({ provider, name, input: credentials }, gateway)).adapter,
      provider,
    );
  const row = place.row ?? unfinished(named) ?? (await create(gateway, wish));
  const complete = await withWebhook(gateway, { row, credentials, wish });
  const encrypted = await gateway.vault.encrypt(JSON.stringify(complete.credentials), credentialContext(row));
  const put = { encrypted, account, replaces: place.replaces };
  if (!(await putCredentials(gateway.db, row, put, now))) {
    if (place.row === null) await discardConfig(gateway.db, row);
    throw new GatewayError("conflict", "the config was changed at the same time: try again");
  }
  // mutation: config-poll-again
  if (account) await pollAgain(gateway.db, userId, provider, { ...account, now });
  return {
    config_id: row.id,
    provider,
    name,
    did: place.did,
    account: account?.account ?? null,
    replaced_config_id: place.replaces?.id ?? null,
    kept: Object.keys(carried).filter((field) => complete.kept(field)),
    webhook_url: webhookUrl(gateway.publicUrl, row),
    note: noteOf(place),
  };
}

function noteOf({ did, replaces }: Place): string {
  const before = replaces && `config ${replaces.id} is replaced and keeps serving its own orders`;
  if (did === "updated") return "same account: a new version of the config";
  if (did === "created") return "a new config";
  if (did === "restored")
    return `the account of an earlier config, which is active again${before ? `; ${before}` : ""}`;
  return `another account: a new config; ${before}`;
}

/** The account that the credentials belong to; `null` if the provider does not answer and the probe is skipped. */
async function accountOf(
  gateway: Gateway,
  named: StoredConfig[],
  { adapter, module, credentials }: Awaited<ReturnType<typeof openProvider>>,
  { provider, skipProbe }: ConfigWish,
): Promise<Account | null> {
  try {
    return { account: await adapter.account(), livemode: adapter.livemode };
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    for (const row of named) {
      if (row.account === null || row.livemode === null) continue;
      const before = await credentialsBefore(gateway, row, module);
      if (before !== null && module.sameAccount?.(before, credentials))
        return { account: row.account, livemode: row.livemode };
    }
    if (skipProbe) return null;
    // The probe's error is more precise about what is wrong with the credentials.
    await assertWorking(adapter, provider);
    throw error;
  }
}

function placeOf(named: StoredConfig[], account: Account | null, provider: string): Place {
  const live = named.find(({ state }) => state === "active" || state === "disabled") ?? null;
  const isItsOwn = (config: StoredConfig) =>
    config.account === account?.account && (config.livemode ?? account?.livemode) === account?.livemode;
  if (live && (live.account === null || isItsOwn(live))) return { did: "updated", row: live, replaces: null };
  // mutation: config-account-unknown
  if (live && account === null) {
    const message = `${provider} does not answer, so it is unknown whose account this is: try again when it answers`;
    throw new GatewayError("unavailable", message);
  }
  const former =
    account &&
    named.findLast((config) => config.state !== "active" && config.account !== null && isItsOwn(config));
  // mutation: config-restored
  if (former) return { did: "restored", row: former, replaces: live };
  return { did: live ? "replaced" : "created", row: null, replaces: live };
}

/** A row that an interrupted `config set` left behind. */
function unfinished(named: StoredConfig[]): StoredConfig | undefined {
  return named.find(isUnfinished);
}

export function isUnfinished({ state, account, data }: StoredConfig): boolean {
  return state === "replaced" && account === null && data === noCredentials;
}

async function create({ db, clock }: Gateway, wish: ConfigWish): Promise<StoredConfig> {
  const id = await createConfig(db, wish.userId, { provider: wish.provider, name: wish.name }, clock.now());
  const made = await findConfig(db, id);
  if (!made) throw new GatewayError("unavailable", "the config was not stored: try again");
  return made;
}

/** The row's previous credentials; `null` if there are none or they cannot be decrypted or parsed. */
async function credentialsBefore(
  gateway: Gateway,
  row: StoredConfig,
  { credentials }: ProviderModule,
): Promise<unknown> {
  if (row.data === noCredentials) return null;
  try {
    const { data } = credentials.safeParse(await credentialsOf(row, gateway.vault));
    return data ?? null;
  } catch (error) {
    if (error instanceof GatewayError && error.failure === "config_not_found") return null;
    throw error;
  }
}

/**
 * Registers a webhook endpoint if there is none or a new one was requested; otherwise the existing one stays. `kept`
 * tells whether a field carried over from the previous version is still in the stored credentials.
 */
async function withWebhook(
  gateway: Gateway,
  candidate: { row: StoredConfig; credentials: Record<string, unknown>; wish: ConfigWish },
) {
  const { row, wish } = candidate;
  const url = webhookUrl(gateway.publicUrl, row);
  const first = await openProvider(
    { provider: wish.provider, name: wish.name, input: candidate.credentials },
    gateway,
  );
  const now = gateway.clock.now();
  const without = wish.newWebhook ? first.module.withoutWebhook?.(first.credentials, now) : undefined;
  const credentials = (without ?? candidate.credentials) as Record<string, unknown>;
  const { adapter, missing } = without
    ? await openProvider({ provider: wish.provider, name: wish.name, input: credentials }, gateway)
    : first;
  const registered = missing.length > 0 || wish.newWebhook ? await adapter.register?.(url) : undefined;
  const kept = (field: string) => field in credentials && !(registered && field in registered);
  return { credentials: { ...credentials, ...registered }, kept };
}

async function assertWorking(adapter: Provider, provider: string): Promise<void> {
  const words = await adapter.probe?.();
  if (!words) return;
  throw new GatewayError(
    "config_not_found",
    `${provider} did not accept the credentials: ${words} (store them anyway: --skip-probe yes)`,
  );
}

function withoutNull(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null));
}
