import type { ShopSettings } from "../sandbox/shop/gateway-client.ts";
import { synth } from "../synth.ts";
import { type DemoMerchant, openDemoMerchants } from "./demo-merchants.ts";
import type { DatabaseUsers } from "./host/secret-values.ts";
import { type Host, startHost } from "./host/start-host.ts";
import { type SandboxProcess, startSandboxProcess } from "./sandbox-process.ts";
import type { ServiceEnvironment } from "./services/start-services.ts";

export type StackOptions = {
  /** Starts the servers or returns their addresses. Runs in parallel with other steps; aborted when one fails. */
  services(signal: AbortSignal): Promise<ServiceEnvironment>;
  databaseUsers: DatabaseUsers;
  /** Folder for generated keys and the demo merchants' secrets, which must survive restarts. */
  dir: string;
  /** 0: any free port. */
  ports: { gateway(): Promise<number>; sandbox(): Promise<number> };
  /** Folder of the simulators' saved state; resolves when no other process uses it. Absent: nothing is saved. */
  simulatorState?: Promise<string>;
  /** `host:port` of a server on this machine that may be notified over plain http, as the demo inboxes may. */
  notifyServer?: string | undefined;
  /** Put before the queues' names when several stacks share one SQS server. */
  queuePrefix?: string;
  onLog(line: string): void;
  /** Called around each stage of the start. */
  stage?: <T>(name: string, work: () => Promise<T>) => Promise<T>;
  /** Aborting cancels the start. */
  signal?: AbortSignal;
};

/** The gateway as synthesized, with simulators for providers and two demo merchants. */
export type Stack = {
  host: Host;
  sandbox: SandboxProcess;
  services: ServiceEnvironment;
  merchants: DemoMerchant[];
  /** Stops what was started here; the servers belong to the caller and keep running. */
  stop(): Promise<void>;
};

/** Starts everything, independent steps in parallel. On a failure it stops what was already started. */
export async function startStack(options: StackOptions): Promise<Stack> {
  const steps: (() => Promise<void>)[] = [];
  const stop = async () => {
    for (const step of steps.splice(0).toReversed()) await step();
  };
  try {
    return { ...(await start(options, (step) => steps.push(step))), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function start(
  options: StackOptions,
  undo: (step: () => Promise<void>) => void,
): Promise<Omit<Stack, "stop">> {
  const { dir, ports, databaseUsers, onLog, signal, stage = (_name, work) => work() } = options;
  const failing = new AbortController();
  const ending = signal ? AbortSignal.any([signal, failing.signal]) : failing.signal;
  /** The first failure aborts the other steps; all are awaited, so that none starts while the rest is stopped. */
  const side = <T>(name: string, work: () => Promise<T>) =>
    stage(name, work).catch((error): never => {
      failing.abort(error);
      throw error;
    });
  const sides = [
    side("database and queue server", () => options.services(ending)),
    side("functions built and synthesized", () => synth("local", undefined, ending)),
    side("provider simulators, demo shop and inboxes", async () => {
      const started = await startSandboxProcess(await ports.sandbox(), await options.simulatorState, ending);
      undo(started.stop);
      return started;
    }),
  ] as const;
  await Promise.allSettled(sides);
  ending.throwIfAborted();
  const [services, assembly, sandbox] = await Promise.all(sides);

  const host = await stage("gateway: database migrated, functions behind routes and queues", async () => {
    const started = await startHost({
      assembly,
      services,
      parameters: {
        ProviderBaseUrls: JSON.stringify(sandbox.simulators),
        LoopbackEndpoints: [new URL(sandbox.url).host, options.notifyServer].filter(Boolean).join(","),
      },
      port: await ports.gateway(),
      dir,
      databaseUsers,
      queuePrefix: options.queuePrefix,
      onLog,
      onClock: sandbox.moveClock,
    });
    undo(started.stop);
    return started;
  });
  signal?.throwIfAborted();
  const merchants = await stage("two demo merchants with a config at every provider", () =>
    openDemoMerchants((command, args) => runOps(host, command, args), {
      sandbox,
      folder: dir,
      gatewayUrl: host.url,
    }),
  );
  signal?.throwIfAborted();
  sandbox.setShop(shopOf(host, sandbox, merchants));
  return { host, sandbox, services, merchants };
}

async function runOps<T>(host: Host, command: string, args: Record<string, unknown>): Promise<T> {
  const answer = (await host.invoke("ops", { command, args })) as { ok: boolean; data: T; message?: string };
  if (!answer.ok) throw new Error(`ops ${command}: ${answer.message}`);
  return answer.data;
}

function shopOf(host: Host, sandbox: SandboxProcess, merchants: DemoMerchant[]): ShopSettings {
  return {
    gatewayUrl: host.url,
    apiKey: merchants[0]!.api_key,
    providers: Object.keys(sandbox.simulators),
  };
}
