import { randomInt } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";

/** A Redis cluster node listens on its port and on this much above it. */
const busOffset = 10_000;
/** Ports and bus ports stay below those of outgoing connections on Linux (from 32768) and macOS (from 49152). */
const [lowest, highest] = [12_000, 22_000];

/** A loopback port that is free now. Another process may bind it before the caller's server does: callers retry. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const port = randomInt(lowest, highest);
    if ((await isFree(port)) && (await isFree(port + busOffset))) return port;
  }
  throw new Error(`no free port between ${lowest} and ${highest}`);
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
  } catch {
    return false;
  }
  server.close();
  await once(server, "close");
  return true;
}
