import { randomInt } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";

/** A Redis cluster node listens on its port and on this much above it. */
const busOffset = 10_000;
/** With the bus ports, below the ranges that Linux (32768) and macOS (49152) hand to outgoing connections. */
const [lowest, highest] = [12_000, 22_000];

/** A loopback port that nobody listens on, free for as long as it takes to start a server: callers retry. */
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
