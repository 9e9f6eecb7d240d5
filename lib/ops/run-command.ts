import { failures, GatewayError } from "../errors.ts";
import { formatIssues, wordsForInput } from "../field-errors.ts";
import type { Gateway } from "../gateway.ts";
import { failureOf } from "../http/envelope.ts";
import { log } from "../log.ts";
import { anomalyCommands } from "./anomaly-commands.ts";
import { callCommands } from "./call-commands.ts";
import type { Command } from "./command.ts";
import { configCommands } from "./config-commands.ts";
import { keyCommands } from "./key-commands.ts";
import { merchantCommands } from "./merchant-commands.ts";
import { notifyCommands } from "./notify-commands.ts";
import { orderCommands } from "./order-commands.ts";
import { refundCommands } from "./refund-commands.ts";
import { statsCommand } from "./stats-command.ts";
import { triageCommand } from "./triage-command.ts";
import { webhookCommands } from "./webhook-commands.ts";

/** Every operator command. The command line builds its help and its options from this table. */
export const commands: Record<string, Command> = {
  ...merchantCommands,
  ...keyCommands,
  ...configCommands,
  ...orderCommands,
  ...refundCommands,
  ...notifyCommands,
  ...webhookCommands,
  ...anomalyCommands,
  ...callCommands,
  ...triageCommand,
  ...statsCommand,
};

export type OpsAnswer = { ok: true; data: unknown } | { ok: false; code: number; message: string };

/** Runs one command. IAM decides who may invoke it. Never throws: the operator gets a message, not a stack trace. */
export async function runCommand(gateway: Gateway, name: string, args: unknown): Promise<OpsAnswer> {
  try {
    const found = Object.hasOwn(commands, name) ? commands[name] : undefined;
    if (!found)
      throw new GatewayError(
        "not_found",
        `unknown command "${name}": use one of ${Object.keys(commands).join(", ")}`,
      );
    const parsed = found.args.safeParse(args, { error: wordsForInput });
    if (!parsed.success) throw new GatewayError("invalid_parameter", formatIssues(parsed.error.issues));
    const data = await found.run(gateway, parsed.data);
    log.info("ops", { event: name, verdict: "done" });
    return { ok: true, data };
  } catch (error) {
    const failure = failureOf(error);
    log.warn("ops", { event: name.slice(0, 40), verdict: "refused", reason: failure.message });
    return { ok: false, code: failures[failure.failure].code, message: failure.message };
  }
}
