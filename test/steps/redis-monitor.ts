import { randomUUID } from "node:crypto";
import { Redis } from "ioredis";

/** What Redis is asked from outside while `act` runs, one command a line; what scripts do inside is left out. */
export async function redisCommands(port: number, act: () => Promise<unknown>): Promise<string[][]> {
  // Its own check that Redis is ready would be among the commands.
  const client = new Redis({ port, enableReadyCheck: false });
  // What a connection asks as it opens must not meet the monitor's beginning: the client would take it for an answer.
  await client.echo("open");
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
