import { createHash } from "node:crypto";
import { GatewayError } from "../errors.ts";
import type { ConfigRows, Configs, OpenConfig, StoredConfig } from "../payment/ports.ts";
import type { Provider, WebhookCall } from "../payment/provider.ts";
import { webhookUrl } from "../payment/public-urls.ts";
import {
  type CredentialVault,
  credentialsOf,
  type OpeningDependencies,
  openProvider,
} from "./credentials.ts";
import type { ProviderModule } from "./provider-module.ts";
import { providers } from "./registry.ts";
import { remembering } from "./remembering.ts";

export type ConfigDependencies = Pick<OpeningDependencies, "clock" | "baseUrls"> & {
  rows: ConfigRows;
  vault: CredentialVault;
  /** Origin of our public routes. */
  publicUrl: string;
};

/** How long a changed or disabled config may still be used, in milliseconds of real time. */
const cacheMs = 60_000;
/** A config is read anew for a webhook that does not verify, or when none is usable, at most once in this time. */
const reloadMs = 5_000;
const usualNames = new Set(["default", "默认配置"]);

type Opened = { adapter: Provider; module: ProviderModule };

/** The merchants' configs with their providers opened; rows for 60 s, adapters for as long as their row stays the same. */
export function configsOf(dependencies: ConfigDependencies): Configs {
  const { rows } = dependencies;
  const lists = remembering<StoredConfig[]>(cacheMs);
  const single = remembering<StoredConfig | null>(cacheMs);
  const adapters = remembering<Opened>(Number.POSITIVE_INFINITY);

  const openedAsRead = async (config: StoredConfig) => ({
    config,
    ...(await adapters(stateOf(config), () => openAdapter(config, dependencies))),
  });

  /** A row that is not usable may have been completed since we read it, or sealed anew under another key. */
  async function opened(asRead: StoredConfig): Promise<Opened & { config: StoredConfig }> {
    try {
      return await openedAsRead(asRead);
    } catch (error) {
      const { id } = asRead;
      const fresh = isUnusable(error)
        ? /* mutation: config-read-anew */ await single.renewed(id, reloadMs, () => rows.byId(id))
        : null;
      if (
        fresh === null ||
        /* mutation: config-anew-owner */ !isOf(asRead, fresh) ||
        fresh.data === asRead.data
      )
        throw error;
      return openedAsRead(fresh);
    }
  }

  async function open(asRead: StoredConfig): Promise<OpenConfig> {
    const { config, adapter, module } = await opened(asRead);
    config.account ??= await learnAccount(config, adapter, rows);
    return {
      id: config.id,
      name: config.name,
      userId: config.userId,
      provider: config.provider,
      account: config.account,
      version: config.version,
      adapter,
      checkExtraParams: (scene, extraParams) => checkExtraParams(module, scene, extraParams),
    };
  }
  const byId = (id: string) => single(id, () => rows.byId(id));

  async function openOwn(
    { configId, userId, provider }: { configId: string; userId: string; provider: string },
    of: "order" | "event",
  ): Promise<OpenConfig> {
    const config = await byId(configId);
    if (config && isOf({ userId, provider }, config)) return open(config);
    throw new GatewayError("config_not_found", `the ${provider} config of this ${of} no longer exists`);
  }

  async function hear(provider: string, stored: StoredConfig | null, call: WebhookCall) {
    // mutation: webhook-config-provider
    if (stored?.provider !== provider)
      throw new GatewayError(/* mutation: webhook-config-absent */ "notification_refused", "no such config");
    // Learning the account asks the provider and writes: not for a call that anybody may have made up.
    // mutation: webhook-account-signed
    if (stored.account === null) await (await opened(stored)).adapter.hear(call, "");
    const config = await open(stored);
    return { config, heard: await config.adapter.hear(call, config.account) };
  }

  return {
    async usable(userId) {
      const found = await Promise.all(
        Object.keys(providers).map((provider) =>
          lists(`${userId}:${provider}`, () => rows.list(userId, provider)),
        ),
      );
      const complete: { provider: string; name: string; adapter: Provider }[] = [];
      for (const config of found.flat().filter(({ active }) => active)) {
        const { adapter } = await opened(config).catch(incomplete);
        if (adapter) complete.push({ provider: config.provider, name: config.name, adapter });
      }
      return complete;
    },
    async choose(userId, provider, name) {
      const key = `${userId}:${provider}`;
      const list = await lists(key, () => rows.list(userId, provider));
      try {
        return await open(chosen(list, provider, name));
      } catch (error) {
        // It may have been set up, or completed, since we read the list.
        const fresh = isUnusable(error)
          ? await lists.renewed(key, reloadMs, () => rows.list(userId, provider))
          : list;
        if (fresh === list) throw error;
        return await open(chosen(fresh, provider, name));
      }
    },
    of: (payment) => openOwn(payment, "order"),
    async read(event, body) {
      const { adapter, account } = await openOwn(event, "event");
      return adapter.read(body, account);
    },
    async hear(provider, configId, call) {
      const stored = await byId(configId);
      try {
        return await hear(provider, stored, call);
      } catch (error) {
        if (!isRefusal(error) && !isUnusable(error)) throw error;
        // The secret may have been changed since we read it, or the config been made: what there is not is looked for
        // just as often, which tells a stranger nothing. A flood of forgeries must not become one of look-ups.
        const fresh = await single.renewed(configId, /* mutation: webhook-config-reload-gap */ reloadMs, () =>
          rows.byId(configId),
        );
        if (fresh?.data === stored?.data) throw error;
        return await hear(provider, fresh, call);
      }
    },
  };
}

function isRefusal(error: unknown): boolean {
  return error instanceof GatewayError && error.failure === "notification_refused";
}

function isUnusable(error: unknown): boolean {
  return error instanceof GatewayError && error.failure === "config_not_found";
}

function incomplete(error: unknown): { adapter: null } {
  if (isUnusable(error)) return { adapter: null };
  throw error;
}

type Whose = Pick<StoredConfig, "userId" | "provider">;

function isOf({ userId, provider }: Whose, config: Whose): boolean {
  return /* mutation: order-config-owner */ config.userId === userId && config.provider === provider;
}

/** All that an adapter is made of. */
function stateOf({ id, userId, provider, data }: StoredConfig): string {
  return createHash("sha256")
    .update(JSON.stringify(/* mutation: config-open-owner */ [id, userId, provider, data]))
    .digest("base64");
}

/** By name; else the only active one; else the one with a usual name. */
function chosen(list: StoredConfig[], provider: string, name: string | undefined): StoredConfig {
  const active = list.filter((config) => config.active);
  const names = active.map((config) => `"${config.name}"`).join(", ");
  if (name !== undefined) {
    const named = active.find((config) => config.name === name);
    if (named) return named;
    throw new GatewayError(
      "config_not_found",
      `no active ${provider} config is named "${name}"${names && `; there is ${names}`}`,
    );
  }
  const usual = active.length === 1 ? active[0] : active.find((config) => usualNames.has(config.name));
  if (usual) return usual;
  if (active.length === 0)
    throw new GatewayError("config_not_found", `no active ${provider} config: set one up first`);
  throw new GatewayError(
    "config_not_found",
    `several ${provider} configs are active: name one of ${names} as \`config\``,
  );
}

async function openAdapter(config: StoredConfig, dependencies: ConfigDependencies): Promise<Opened> {
  const { provider, name } = config;
  const given = await credentialsOf(config, dependencies.vault);
  const opening = { ...dependencies, webhookUrl: webhookUrl(dependencies.publicUrl, config) };
  const { module, adapter, missing } = await openProvider({ provider, name, given }, opening);
  if (missing.length === 0) return { adapter, module };
  const lacks = `the ${provider} config "${name}" lacks ${missing.join(", ")}`;
  throw new GatewayError("config_not_found", lacks);
}

async function learnAccount(config: StoredConfig, adapter: Provider, rows: ConfigRows): Promise<string> {
  const account = await adapter.account();
  await rows.saveAccount(config, account);
  return account;
}

function checkExtraParams(module: ProviderModule, scene: string, extraParams: Record<string, unknown>) {
  const schema = module.extraParams[scene];
  if (!schema)
    throw new GatewayError("invalid_parameter", `no such scene: ${scene}`, {
      fields: [{ field: "scene", message: "unknown" }],
    });
  const parsed = schema.safeParse(extraParams);
  if (parsed.success) return parsed.data;
  const fields = parsed.error.issues.flatMap((issue) =>
    issue.code === "unrecognized_keys"
      ? issue.keys.map((key) => ({
          field: ["extra_params", ...issue.path, key].join("."),
          message: "unknown field",
        }))
      : [{ field: ["extra_params", ...issue.path].join("."), message: issue.message }],
  );
  throw new GatewayError("invalid_parameter", `extra_params: ${fields[0]?.field} ${fields[0]?.message}`, {
    fields,
  });
}
