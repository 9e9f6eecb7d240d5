import { invoked } from "../lib/http/invoked.ts";
import { openGateway } from "../lib/open-gateway.ts";
import { runCommand } from "../lib/ops/run-command.ts";

export const handler = invoked(async ({ command, args }: { command?: unknown; args?: unknown }) =>
  runCommand(openGateway(), String(command), args ?? {}),
);
