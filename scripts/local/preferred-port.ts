import { once } from "node:events";
import { createServer } from "node:net";

/** The port that the environment variable names, else the usual one when nobody has it, else 0: any free one. */
export async function preferredPort(variable: string, usual: number): Promise<number> {
  const wanted = process.env[variable];
  if (!wanted) return (await isFree(usual)) ? usual : 0;
  const port = Number(wanted);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new Error(`${variable}=${wanted} is not a port`);
  if (!(await isFree(port))) throw new Error(`${variable}=${wanted}: another program has this port`);
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
