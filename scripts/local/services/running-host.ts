import { readFileSync } from "node:fs";
import path from "node:path";
import { commandLine } from "./left-over.ts";

/** The file with the pid of the service host that owns the folder. */
export function hostFile(dir: string): string {
  return path.join(dir, "host.pid");
}

/** The pid of the service host that runs from this folder now, if any. */
export async function runningHost(dir: string): Promise<number | undefined> {
  let pid: number;
  try {
    pid = Number(readFileSync(hostFile(dir), "utf8"));
  } catch {
    return undefined;
  }
  const command = pid > 0 ? await commandLine(pid) : "";
  return command.includes("service-host") && command.includes(JSON.stringify(dir)) ? pid : undefined;
}
