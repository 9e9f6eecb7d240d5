import { setTimeout as sleep } from "node:timers/promises";
import type { LocalServer, ServerName } from "./local-server.ts";

/** What happens to a server after the start. */
export type ServerEvent =
  | { kind: "died"; server: ServerName; reason: string }
  | { kind: "restarted"; server: ServerName; pid: number }
  | { kind: "restart failed"; server: ServerName; reason: string };

/** The wait before the first, second and every further restart. */
const delaysMs = [1000, 2000, 5000];
/** A server that ran this long counts as recovered: its next restart waits the first delay again. */
const recoveredAfterMs = 30_000;

/** Restarts a server whenever it ends, until the signal is aborted. */
export async function keepRunning(
  server: LocalServer,
  report: (event: ServerEvent) => void,
  signal: AbortSignal,
) {
  let restarts = 0;
  let upSince = performance.now();
  let down = await server.exited();
  while (!signal.aborted) {
    report({ kind: "died", server: server.name, reason: down });
    if (performance.now() - upSince > recoveredAfterMs) restarts = 0;
    do {
      await sleep(delaysMs[Math.min(restarts, delaysMs.length - 1)], undefined, { signal }).catch(() => {});
      restarts++;
    } while (!signal.aborted && !(await restarted(server, report, signal)));
    upSince = performance.now();
    down = await server.exited();
  }
}

async function restarted(server: LocalServer, report: (event: ServerEvent) => void, signal: AbortSignal) {
  try {
    await server.restart();
    report({ kind: "restarted", server: server.name, pid: server.pid });
    return true;
  } catch (error) {
    if (!signal.aborted) report({ kind: "restart failed", server: server.name, reason: String(error) });
    return false;
  }
}
