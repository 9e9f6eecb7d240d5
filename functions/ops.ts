import type { Context } from "aws-lambda";
import { invoked } from "../lib/http/invoked.ts";
import { openGateway } from "../lib/open-gateway.ts";
import { type OpsAnswer, runCommand } from "../lib/ops/run-command.ts";

export const handler = (event: { command?: unknown; args?: unknown }, context: Context): Promise<OpsAnswer> =>
  invoked(context, async () => runCommand(openGateway(), String(event.command), event.args ?? {}));
