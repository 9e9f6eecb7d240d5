import { once } from "node:events";
import { connect } from "node:net";

/**
 * Whether something listens on `port` of the address. On Linux all of 127.0.0.0/8 is this machine, so 127.0.0.2 reaches
 * servers that listen on every interface, but not those on 127.0.0.1 only.
 */
export async function reachable(address: string, port: number): Promise<boolean> {
  const socket = connect({ host: address, port, timeout: 1000 });
  socket.once("timeout", () => socket.destroy(new Error("timeout")));
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
