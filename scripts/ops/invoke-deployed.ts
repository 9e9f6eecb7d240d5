import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import type { OpsAnswer } from "../../lib/ops/run-command.ts";

/** Invokes a deployed stage's ops function with the caller's own AWS credentials; only IAM decides who may. */
export async function invokeDeployed(
  stage: string,
  commandName: string,
  args: Record<string, unknown>,
): Promise<OpsAnswer> {
  const client = new LambdaClient();
  const command = new InvokeCommand({
    FunctionName: `uni-pay-${stage}-ops`,
    Payload: JSON.stringify({ command: commandName, args }),
  });
  const { Payload, FunctionError } = await client.send(command);
  const text = Buffer.from(Payload ?? []).toString("utf8");
  if (FunctionError) throw new Error(`the ops function failed (${FunctionError}): see its log in CloudWatch`);
  return JSON.parse(text) as OpsAnswer;
}
