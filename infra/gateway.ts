import { join } from "node:path";
import { type App, Tags } from "aws-cdk-lib";
import { AppStack } from "./stacks/app-stack.ts";
import { DataStack } from "./stacks/data-stack.ts";
import { NetworkStack } from "./stacks/network-stack.ts";
import { type Stage, stages } from "./stages.ts";

export type Gateway = { network: NetworkStack; data: DataStack; app: AppStack };

/**
 * Defines the stacks of one stage. Context: `stage` (default dev), `publicUrl` (production only, required there),
 * `corsOrigins` (default none), `alarmEmail`, `credentialsKeys` (default 1), `dist` (built functions, default `dist` of
 * this repository).
 */
export function defineGateway(app: App): Gateway {
  const stage = stageOf(app);
  const settings = stages[stage];
  const name = `uni-pay-${stage}`;
  const network = new NetworkStack(app, `${name}-network`, { settings });
  const data = new DataStack(app, `${name}-data`, { name, settings, network, keys: credentialsKeysOf(app) });
  const application = new AppStack(app, `${name}-app`, {
    stage,
    settings,
    network,
    data,
    publicUrl: publicUrlOf(app, stage),
    corsOrigins: corsOriginsOf(app),
    alarmEmail: contextText(app, "alarmEmail"),
    dist: contextText(app, "dist") ?? join(import.meta.dirname, "..", "dist"),
  });
  Tags.of(app).add("application", name);
  return { network, data, app: application };
}

function stageOf(app: App): Stage {
  const input = contextText(app, "stage") ?? "dev";
  if (!Object.hasOwn(stages, input)) {
    throw new Error(`unknown stage "${input}": use -c stage=${Object.keys(stages).join("|")}`);
  }
  return input as Stage;
}

/**
 * Providers keep the webhook URL of a payment for weeks, so production needs an address that a new API does not change.
 */
function publicUrlOf(app: App, stage: Stage): string | undefined {
  const url = contextText(app, "publicUrl");
  if (stage !== "prod") return undefined;
  if (url === undefined) {
    throw new Error("stage prod needs the origin that providers call: -c publicUrl=https://pay.example.com");
  }
  const parsed = URL.parse(url);
  if (parsed?.protocol !== "https:" || parsed.origin !== url) {
    throw new Error(`publicUrl must be an https origin without path or trailing slash, not "${url}"`);
  }
  return url;
}

/** Exact origins, comma-separated. */
function corsOriginsOf(app: App): string[] {
  const origins = contextText(app, "corsOrigins")?.split(",") ?? [];
  for (const origin of origins) {
    if (URL.parse(origin)?.origin !== origin) {
      throw new Error(`corsOrigins must be origins such as https://docs.example.com, not "${origin}"`);
    }
  }
  return origins;
}

/** Numbers of KMS keys. A key is created when its number is first named; the first encrypts, all of them decrypt. */
function credentialsKeysOf(app: App): number[] {
  const text = contextText(app, "credentialsKeys") ?? "1";
  const keys = text.split(",").map(Number);
  if (!/^[1-9]\d?(,[1-9]\d?)*$/.test(text) || new Set(keys).size < keys.length) {
    throw new Error(`credentialsKeys must be different numbers such as 2,1, not "${text}"`);
  }
  return keys;
}

function contextText(app: App, key: string): string | undefined {
  const value: unknown = app.node.tryGetContext(key);
  return value === undefined || value === "" ? undefined : String(value);
}
