import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** What happens to the next matching statement: held until released, or its response lost, or its connection cut. */
type Trap = { pattern: RegExp; reached: () => void; act: "hold" | "lose-answer" | "go-away" };

export type DatabaseProxy = {
  readonly port: number;
  /** Every statement that clients have sent, oldest first. */
  readonly statements: string[];
  /** Holds the next matching statement; resolves when it has arrived, with the function that releases it. */
  hold(pattern: RegExp): Promise<() => void>;
  /** Forwards the next matching statement and cuts the client's connection instead of sending the response. */
  loseAnswerTo(pattern: RegExp): Promise<void>;
  /** Cuts the connection at the next matching statement, then refuses this many new connections. */
  goAwayAt(pattern: RegExp, connections: number): Promise<void>;
  /** Drops all data in both directions and keeps the connections open. */
  silence(): void;
  stop(): void;
};

const queryCommand = 0x03;

/** MySQL 8 and later send the number of query attributes (0) and of attribute sets (1) before the statement. */
function statementOf(packet: Buffer): string {
  const withAttributes = packet[5] === 0 && packet[6] === 1;
  return packet.toString("utf8", withAttributes ? 7 : 5);
}

/** A proxy for MySQL that reads the client's packets: a 3-byte length, a sequence number, then the command. */
export async function startDatabaseProxy(target: { host: string; port: number }): Promise<DatabaseProxy> {
  const statements: string[] = [];
  const sockets = new Set<Socket>();
  let trap: Trap | undefined;
  let silent = false;
  let away = 0;
  let refusing = 0;

  const server = createServer((client) => {
    if (refusing > 0) {
      refusing -= 1;
      client.destroy();
      return;
    }
    const database = connect(target);
    let pending = Buffer.alloc(0);
    let losing = false;
    let held: Buffer[] | undefined;
    for (const [socket, other] of [
      [client, database],
      [database, client],
    ] as const) {
      sockets.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => other.destroy());
    }
    database.on("data", (chunk) => {
      if (silent) return;
      if (losing) client.destroy();
      else client.write(chunk);
    });
    client.on("data", (chunk) => {
      if (silent) return;
      pending = Buffer.concat([pending, chunk]);
      while (pending.length >= 4 && pending.length >= 4 + pending.readUIntLE(0, 3)) {
        const packet = pending.subarray(0, 4 + pending.readUIntLE(0, 3));
        pending = pending.subarray(packet.length);
        forward(packet);
      }
    });

    function forward(packet: Buffer): void {
      if (held) {
        held.push(packet);
        return;
      }
      const found = packet[4] === queryCommand ? seen(statementOf(packet)) : undefined;
      if (found?.act === "lose-answer") losing = true;
      if (found?.act === "go-away") {
        refusing = away;
        client.destroy();
        return;
      }
      if (found?.act !== "hold") {
        database.write(packet);
        return;
      }
      const waiting = [packet];
      held = waiting;
      releases.push(() => {
        held = undefined;
        for (const each of waiting) database.write(each);
      });
    }
  });
  const releases: (() => void)[] = [];

  function seen(statement: string): Trap | undefined {
    statements.push(statement);
    if (!trap?.pattern.test(statement)) return undefined;
    const found = trap;
    trap = undefined;
    setImmediate(found.reached);
    return found;
  }

  const next = (pattern: RegExp, act: Trap["act"]) =>
    new Promise<void>((reached) => {
      trap = { pattern, reached, act };
    });

  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    statements,
    hold: async (pattern) => {
      await next(pattern, "hold");
      return releases.pop()!;
    },
    loseAnswerTo: (pattern) => next(pattern, "lose-answer"),
    goAwayAt: (pattern, connections) => {
      away = connections;
      return next(pattern, "go-away");
    },
    silence() {
      silent = true;
    },
    stop() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
