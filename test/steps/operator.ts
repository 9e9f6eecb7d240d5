import type { OpsAnswer } from "../../lib/ops/run-verb.ts";
import type { Data } from "./api.ts";
import { invoke } from "./front.ts";

/** An operator's answer as the command line gets it: as JSON. */
async function run(verb: string, args: Data): Promise<OpsAnswer> {
  return JSON.parse(JSON.stringify(await invoke("ops", { verb, args }))) as OpsAnswer;
}

/** What a verb answers; throws when it is refused. */
export async function operator<T = Data>(verb: string, args: Data = {}): Promise<T> {
  const answer = await run(verb, args);
  if (!answer.ok) throw new Error(`${verb}: ${answer.code} ${answer.message}`);
  return answer.data as T;
}

/** By what a verb is refused; throws when it is not. */
export async function refusal(verb: string, args: Data = {}): Promise<{ code: number; message: string }> {
  const answer = await run(verb, args);
  if (answer.ok) throw new Error(`${verb} was not refused: ${JSON.stringify(answer.data)}`);
  return { code: answer.code, message: answer.message };
}
