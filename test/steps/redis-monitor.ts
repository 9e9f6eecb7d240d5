import { randomUUID } from "node:crypto";
import { Redis } from "ioredis";

/** The commands that clients send to Redis while `act` runs; commands called by Lua scripts are left out. */
export async function redisCommands(port: number, act: () => Promise<unknown>): Promise<string[][]> {
  // The client's ready check would appear among the commands.
  const client = new Redis({ port, enableReadyCheck: false });
  // Wait until the connection is set up: a handshake command seen by the monitor before its own reply breaks it.
  await client.ping();
  const monitor = await client.monitor();
  const commands: string[][] = [];
  const end = randomUUID();
  const ended = Promise.withResolvers<void>();
  monitor.on("monitor", (_time: string, command: string[], source: string) => {
    if (command[1] === end) ended.resolve();
    else if (source !== "lua") commands.push(command);
  });
  try {
    await act();
    await client.echo(end);
    await ended.promise;
  } finally {
    monitor.disconnect();
    client.disconnect();
  }
  return commands;
}
