import { rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { synth } from "../synth.ts";
import { type DemoMerchant, openDemoMerchants } from "./demo-merchants.ts";
import { type Host, startHost } from "./host/start-host.ts";
import { preferredPort } from "./preferred-port.ts";
import { type SandboxProcess, startSandboxProcess } from "./sandbox-process.ts";
import { localFolder } from "./services/local-folder.ts";
import { type Services, startServices } from "./services/start-services.ts";

/** Everything of `npm start`, up and connected. */
export type Stack = {
  host: Host;
  sandbox: SandboxProcess;
  services: Services;
  merchants: DemoMerchant[];
  /** Settles, with the reason in words, when a part has ended that cannot be brought back. */
  broken: Promise<string>;
};

export type StartOptions = {
  /** Called before and after each stage. */
  stage<T>(name: string, work: () => Promise<T>): Promise<T>;
  onLog(line: string): void;
  /** Is told how to stop each part as soon as it runs; the last is to be stopped first. */
  undo(step: () => Promise<void> | void): void;
};

const runFolder = path.join(localFolder, "run");
const stackFile = path.join(localFolder, "stack.json");

/** Servers, functions, simulators and demo merchants; what does not need each other starts at the same time. */
export async function startStack({ stage, onLog, undo }: StartOptions): Promise<Stack> {
  const ownDatabase = Boolean(process.env.DATABASE_URL);
  const [services, assembly, sandbox] = await allOf(
    stage("database, Redis and queue server", async () => {
      const started = await startServices({ dir: runFolder, durable: true, quiet: true });
      undo(started.stop);
      return started;
    }),
    stage("functions built and synthesized", () => synth("local")),
    stage("provider simulators, shop and inboxes", async () => {
      const started = await startSandboxProcess(await preferredPort(process.env.SANDBOX_PORT, 8090));
      undo(started.stop);
      return started;
    }),
  );
  const host = await stage(
    "gateway: database migrated, functions behind their routes and queues",
    async () => {
      const started = await startHost({
        assembly,
        services: services.env,
        parameters: {
          ProviderBaseUrls: JSON.stringify(sandbox.simulators),
          LoopbackEndpoints: new URL(sandbox.url).host,
        },
        port: await preferredPort(process.env.PORT, 8080),
        dir: runFolder,
        databaseUsers: ownDatabase ? "given" : "created",
        onLog,
        onClock: sandbox.moveClock,
      });
      undo(started.stop);
      return started;
    },
  );
  const merchants = await stage("two demo merchants with a config at every provider", () =>
    openDemoMerchants((verb, args) => runOps(host, verb, args), sandbox, runFolder),
  );
  sandbox.setShop({ gatewayUrl: host.url, apiKey: merchants[0]!.api_key });
  writeStackFile(services, host, sandbox, merchants);
  undo(() => rmSync(stackFile, { force: true }));
  const broken = Promise.race([
    sandbox.exited.then((reason) => `the sandbox ended (${reason})`),
    services.exited.then((reason) => `the local servers' process ended (${reason})`),
  ]);
  return { host, sandbox, services, merchants, broken };
}

/** Waits for all even when one fails, so that nothing still starts while the rest is being stopped. */
async function allOf<T extends readonly Promise<unknown>[]>(
  ...work: T
): Promise<{ [K in keyof T]: Awaited<T[K]> }> {
  await Promise.allSettled(work);
  return (await Promise.all(work)) as { [K in keyof T]: Awaited<T[K]> };
}

async function runOps<T>(host: Host, verb: string, args: Record<string, unknown>): Promise<T> {
  const answer = (await host.invoke("ops", { verb, args })) as { ok: boolean; data: T; message?: string };
  if (!answer.ok) throw new Error(`ops ${verb}: ${answer.message}`);
  return answer.data;
}

/** A stable shape: tools read it. */
function writeStackFile(
  services: Services,
  host: Host,
  sandbox: SandboxProcess,
  merchants: DemoMerchant[],
): void {
  const stack = {
    gateway_url: host.url,
    sandbox_url: sandbox.url,
    shop_url: sandbox.shopUrl,
    database_url: services.env.DATABASE_URL,
    redis_url: services.env.REDIS_URL,
    sqs_endpoint: services.env.SQS_ENDPOINT,
    notify_queue_url: host.notifyQueueUrl,
    merchants,
    simulators: sandbox.simulators,
  };
  writeFileSync(stackFile, `${JSON.stringify(stack, null, 2)}\n`, { mode: 0o600 });
}
