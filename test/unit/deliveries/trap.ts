import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

/** Loopback addresses; one that this machine does not have is left out. */
const addresses = ["127.0.0.1", "127.0.0.2", "::1"];

export type Trap = {
  port: number;
  /** Connections and bytes since the last call, after those on their way have arrived. */
  caught(): Promise<{ connections: number; bytes: number }>;
  close(): void;
};

/** Listens on one port of every loopback address, where no connection may ever arrive. */
export async function setTrap(): Promise<Trap> {
  let seen = { connections: 0, bytes: 0 };
  const sockets = new Set<Socket>();
  const greet = (socket: Socket) => {
    seen.connections += 1;
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => {});
    socket.on("data", (chunk) => {
      seen.bytes += chunk.length;
    });
    socket.end("!");
  };
  const servers: Server[] = [];
  let port = 0;
  for (const address of addresses) {
    const server = createServer(greet);
    const listening = once(server, "listening").then(
      () => true,
      () => false,
    );
    server.listen(port, address);
    if (!(await listening)) continue;
    servers.push(server);
    port = (server.address() as AddressInfo).port;
  }
  /** Connections are accepted in order: when this one is greeted, those before it have been counted. */
  const knock = async (host: string) => {
    const socket = connect({ host, port });
    await once(socket, "data");
    socket.destroy();
    seen.connections -= 1;
  };
  return {
    port,
    async caught() {
      for (const server of servers) await knock((server.address() as AddressInfo).address);
      const sofar = seen;
      seen = { connections: 0, bytes: 0 };
      return sofar;
    },
    close() {
      for (const socket of sockets) socket.destroy();
      for (const server of servers) server.close();
    },
  };
}
