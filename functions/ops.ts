import type { Context } from "aws-lambda";
import { withInvocation } from "../lib/invocation.ts";
import { openGateway } from "../lib/open-gateway.ts";
import { type OpsAnswer, runVerb } from "../lib/ops/run-verb.ts";

export const handler = (event: { verb?: unknown; args?: unknown }, context: Context): Promise<OpsAnswer> =>
  withInvocation(
    { requestId: context.awsRequestId, remainingMs: () => context.getRemainingTimeInMillis() },
    () => runVerb(openGateway(), String(event.verb), event.args ?? {}),
  );
