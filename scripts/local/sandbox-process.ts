import { type ChildProcess, fork } from "node:child_process";
import path from "node:path";
import type { ShopSettings } from "../sandbox/shop/gateway-client.ts";

const main = path.join(import.meta.dirname, "../sandbox/main.ts");

/** The provider simulators, demo shop and inboxes, in a process of their own. */
export type SandboxProcess = {
  url: string;
  shopUrl: string;
  inboxBaseUrl: string;
  simulators: Record<string, string>;
  /** Sets the clock offset of the simulators; resolves once they have applied it. */
  moveClock(offsetMs: number): Promise<void>;
  setShop(shop: ShopSettings): void;
  exited: Promise<string>;
  stop(): Promise<void>;
};

type Ready = Pick<SandboxProcess, "url" | "shopUrl" | "inboxBaseUrl" | "simulators"> & { ready: true };
type Message = Ready | { clockOffsetMs: number };

/** Port 0: any free port. `stateFolder` holds the state that survives a restart. Aborting cancels the start. */
export async function startSandboxProcess(
  port: number,
  stateFolder: string | undefined,
  signal?: AbortSignal,
): Promise<SandboxProcess> {
  // Detached, so that Ctrl-C in the terminal reaches only the parent, which stops everything in order.
  const child = fork(main, [], {
    detached: true,
    stdio: ["ignore", "ignore", "inherit", "ipc"],
    env: { ...process.env, SANDBOX_PORT: String(port), ...(stateFolder && { SANDBOX_STATE: stateFolder }) },
  });
  const exited = new Promise<string>((resolve) => {
    child.once("exit", (code, killedBy) => resolve(String(killedBy ?? code)));
  });
  const kill = () => child.kill("SIGKILL");
  signal?.addEventListener("abort", kill);
  if (signal?.aborted) kill();
  try {
    const ready = await answer(child, exited, (message) => ("ready" in message ? message : undefined));
    return { ...controlOf(child, exited), ...ready };
  } finally {
    signal?.removeEventListener("abort", kill);
  }
}

function controlOf(child: ChildProcess, exited: Promise<string>) {
  return {
    exited,
    async moveClock(clockOffsetMs: number) {
      const followed = answer(child, exited, (message) =>
        "clockOffsetMs" in message && message.clockOffsetMs === clockOffsetMs ? true : undefined,
      );
      child.send({ clockOffsetMs });
      await followed;
    },
    setShop: (shop: ShopSettings) => void child.send({ shop }),
    async stop() {
      if (child.connected) child.disconnect();
      await exited;
    },
  };
}

/** The first message that `pick` recognises. */
async function answer<T>(
  child: ChildProcess,
  exited: Promise<string>,
  pick: (message: Message) => T | undefined,
): Promise<T> {
  const picked = Promise.withResolvers<T>();
  const listen = (message: unknown) => {
    const found = pick(message as Message);
    if (found !== undefined) picked.resolve(found);
  };
  child.on("message", listen);
  const gone = exited.then((reason): never => {
    throw new Error(`the provider simulators ended (${reason})`);
  });
  try {
    return await Promise.race([picked.promise, gone]);
  } finally {
    child.off("message", listen);
  }
}
