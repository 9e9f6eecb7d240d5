import { once } from "node:events";
import { createServer } from "node:net";

/** The port in the environment variable; without one the usual port if it is free, otherwise 0 (any free port). */
export async function preferredPort(variable: string, usual: number): Promise<number> {
  const configured = process.env[variable];
  if (!configured) return (await isFree(usual)) ? usual : 0;
  const port = Number(configured);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new Error(`${variable}=${configured} is not a port number (0 to 65535)`);
  if (!(await isFree(port))) throw new Error(`${variable}=${configured}: another program has this port`);
  return port;
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
