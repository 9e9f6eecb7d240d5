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
  moveClock(offsetMs: number): void;
  setShop(shop: ShopSettings): void;
  exited: Promise<string>;
  stop(): Promise<void>;
};

type Ready = Pick<SandboxProcess, "url" | "shopUrl" | "inboxBaseUrl" | "simulators"> & { ready: true };

/** Detached, so that a Ctrl-C in the terminal reaches only us and we stop things in order. */
export async function startSandboxProcess(port: number): Promise<SandboxProcess> {
  const child = fork(main, [], {
    detached: true,
    stdio: ["ignore", "ignore", "inherit", "ipc"],
    env: { ...process.env, SANDBOX_PORT: String(port) },
  });
  const exited = new Promise<string>((resolve) => {
    child.once("exit", (code, signal) => resolve(String(signal ?? code)));
  });
  const ready = await Promise.race([
    new Promise<Ready>((resolve) => child.once("message", (message) => resolve(message as Ready))),
    exited.then((reason): never => {
      throw new Error(`the sandbox ended while starting (${reason})`);
    }),
  ]);
  return { ...controlOf(child, exited), ...ready };
}

function controlOf(child: ChildProcess, exited: Promise<string>) {
  return {
    exited,
    moveClock: (clockOffsetMs: number) => void child.send({ clockOffsetMs }),
    setShop: (shop: ShopSettings) => void child.send({ shop }),
    async stop() {
      if (child.connected) child.disconnect();
      await exited;
    },
  };
}
