import path from "node:path";
import { createMerchantInboxes } from "./inbox/merchant-inboxes.ts";
import { type Call, Refusal } from "./kernel/call.ts";
import { type Listener, type Log, listen } from "./kernel/listen.ts";
import type { SchedulerClock } from "./kernel/scheduler.ts";
import { type SimulatorModule, serveSimulator } from "./kernel/serve-simulator.ts";
import type { Post } from "./kernel/webhook-sender.ts";
import { createDemoShop } from "./shop/demo-shop.ts";
import type { ShopSettings } from "./shop/gateway-client.ts";
import { simulators } from "./simulators.ts";

/** The running sandbox. Every URL is on 127.0.0.1 and has no trailing slash. */
export type Sandbox = {
  /** Shop and inboxes. */
  url: string;
  /** Base URL per provider; each simulator has a port of its own, because SDKs take a host and a port only. */
  simulators: Record<string, string>;
  shopUrl: string;
  /** Connects the shop to the gateway. */
  setShop(settings: ShopSettings): void;
  /** URL for a merchant's notifications. `name`: letters, digits, `_`, `-`. */
  inboxUrl(name: string): string;
  stop(): Promise<void>;
};

export type SandboxOptions = {
  clock: SchedulerClock;
  /** Port of shop and inboxes; absent: any free port. The simulators take those after it where those are free. */
  port?: number;
  /** Folder in which the simulators keep their state, a file each; absent: nothing is saved. */
  stateFolder?: string | undefined;
  log?: Log;
  /** Multiplies the providers' waits between webhook attempts; 1 = as in reality, measured on `clock`. */
  retryScale?: number;
  /** Replaces the sending of webhooks over HTTP. */
  post?: Post;
};

/** Alipay's first retry after one second instead of four minutes. */
const defaultRetryScale = 1 / 240;

/** Starts the provider simulators, the demo shop and the merchant inboxes on 127.0.0.1. */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const { clock, port = 0, stateFolder, log = () => {}, retryScale = defaultRetryScale, post } = options;
  const shop = createDemoShop({ clock, providers: Object.keys(simulators), scanPage });
  const inbox = createMerchantInboxes();
  const web = await listen({ clock, log, port }, (call: Call) => {
    const answer = inbox(call) ?? shop.answer(call, web.url);
    if (!answer) throw new Refusal(404, `There is nothing at ${call.path}: see /shop and /inbox/<name>.`);
    return answer;
  });
  const serve = async (name: string, { create, portOffset }: SimulatorModule) => {
    const stateFile = stateFolder && path.join(stateFolder, name);
    const serving = { clock, log: (line: string) => log(`${name}: ${line}`), post, stateFile };
    const start = (at: object) => serveSimulator({ ...serving, ...at }, (deps) => create(deps, retryScale));
    const usual = port && port + portOffset;
    // The same port as before a restart, so that old links work, unless another program uses it.
    return start({ port: usual }).catch((error) => {
      if (usual === 0 || error.code !== "EADDRINUSE") throw error;
      return start({});
    });
  };
  const served: Record<string, Listener> = {};
  // One after another, so that none takes another's usual port.
  for (const [name, module] of Object.entries(simulators)) served[name] = await serve(name, module);

  function scanPage(provider: string, qrCode: string): string {
    return simulators[provider]?.scanUrl?.(served[provider]!.url, qrCode) ?? qrCode;
  }

  return {
    url: web.url,
    simulators: Object.fromEntries(Object.entries(served).map(([name, { url }]) => [name, url])),
    shopUrl: `${web.url}/shop`,
    setShop: shop.set,
    inboxUrl: (name) => `${web.url}/inbox/${name}`,
    async stop() {
      await Promise.all([web, ...Object.values(served)].map((listener) => listener.stop()));
    },
  };
}
