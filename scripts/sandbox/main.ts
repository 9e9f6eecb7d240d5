import type { ShopSettings } from "./shop/gateway-client.ts";
import { type Sandbox, startSandbox } from "./start-sandbox.ts";

/** What a parent process may send. */
type Message = { clockOffsetMs?: number; shop?: ShopSettings };

// The sandbox as a process: forked with IPC by the start script, or run alone. SANDBOX_PORT: the port of shop and
// inboxes. SANDBOX_STATE: the folder of the state that survives a restart; without it none does.
let offsetMs = Number(process.env.CLOCK_OFFSET_MS ?? 0);
let sandbox: Sandbox | undefined;
process.on("disconnect", async () => {
  await sandbox?.stop();
  process.exit(0);
});
if (process.connected === false) process.exit(0); // the parent exited before the listener above was added
sandbox = await startSandbox({
  clock: { now: () => new Date(Date.now() + offsetMs) },
  port: Number(process.env.SANDBOX_PORT ?? 0),
  stateFolder: process.env.SANDBOX_STATE,
  log: (line) => console.log(line),
});
const { url, simulators, shopUrl } = sandbox;
const addresses = { url, simulators, shopUrl, inboxBaseUrl: `${url}/inbox` };

process.on("message", ({ clockOffsetMs, shop }: Message) => {
  if (clockOffsetMs !== undefined) {
    offsetMs = clockOffsetMs;
    process.send?.({ clockOffsetMs });
  }
  if (shop !== undefined) sandbox?.setShop(shop);
});
if (process.send) process.send({ ready: true, ...addresses });
else console.log(JSON.stringify(addresses, null, 2));
