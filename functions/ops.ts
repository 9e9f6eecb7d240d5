import type { Context } from "aws-lambda";
import { invoked } from "../lib/http/invoked.ts";
import { openGateway } from "../lib/open-gateway.ts";
import { type OpsAnswer, runVerb } from "../lib/ops/run-verb.ts";

export const handler = (event: { verb?: unknown; args?: unknown }, context: Context): Promise<OpsAnswer> =>
  invoked(context, async () => runVerb(openGateway(), String(event.verb), event.args ?? {}));
