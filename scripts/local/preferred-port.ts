import { once } from "node:events";
import { createServer } from "node:net";

/** The port that the environment asks for, else the usual one when nobody has it, else 0: any free one. */
export async function preferredPort(wanted: string | undefined, usual: number): Promise<number> {
  if (wanted) return Number(wanted);
  const server = createServer();
  try {
    server.listen(usual, "127.0.0.1");
    await once(server, "listening");
  } catch {
    return 0;
  }
  server.close();
  await once(server, "close");
  return usual;
}
