import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import type { OpsAnswer } from "../../lib/ops/run-command.ts";
import { localFolder } from "../local/services/local-folder.ts";

/** Invokes the ops function of the gateway that `npm start` runs. */
export async function invokeLocal(command: string, args: Record<string, unknown>): Promise<OpsAnswer> {
  const file = path.join(localFolder, "stack.json");
  if (!existsSync(file)) throw new Error("no local gateway is running: run npm start, or pass --stage");
  const { gateway_url } = JSON.parse(readFileSync(file, "utf8")) as { gateway_url: string };
  const answer = await fetch(`${gateway_url}/_local/invoke/ops`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ command, args }),
  });
  const { result, error } = (await answer.json()) as { result?: OpsAnswer; error?: string };
  if (!result) throw new Error(error ?? `the local gateway answered ${answer.status}`);
  return result;
}
