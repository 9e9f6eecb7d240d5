import type { OpsAnswer } from "../../lib/ops/run-command.ts";
import type { Data } from "./api.ts";
import { invoke } from "./front.ts";

/** The result of an operator command after JSON serialisation, as the command line receives it. */
async function run(command: string, args: Data): Promise<OpsAnswer> {
  return JSON.parse(JSON.stringify(await invoke("ops", { command, args }))) as OpsAnswer;
}

/** Runs an operator command and returns its data; throws if it is refused. */
export async function operator<T = Data>(command: string, args: Data = {}): Promise<T> {
  const answer = await run(command, args);
  if (!answer.ok) throw new Error(`${command}: ${answer.code} ${answer.message}`);
  return answer.data as T;
}

/** Runs an operator command that must be refused and returns the refusal; throws if it succeeds. */
export async function refusal(command: string, args: Data = {}): Promise<{ code: number; message: string }> {
  const answer = await run(command, args);
  if (answer.ok) throw new Error(`${command} was not refused: ${JSON.stringify(answer.data)}`);
  return { code: answer.code, message: answer.message };
}
