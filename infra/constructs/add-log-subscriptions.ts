import * as logs from "aws-cdk-lib/aws-logs";
import { LambdaDestination } from "aws-cdk-lib/aws-logs-destinations";
import { constructIdOf, type GatewayFunction } from "./gateway-function.ts";

/** Subscribes the function to the log lines of other functions that its spec names. */
export function addLogSubscriptions(to: GatewayFunction, all: readonly GatewayFunction[]): void {
  const { entry, lines } = to.spec;
  if (!lines) return;
  for (const name of lines.of) {
    const from = all.find(({ spec }) => spec.entry === name);
    if (from === undefined || from === to)
      throw new Error(`${entry} cannot subscribe to the logs of "${name}": name another function`);
    new logs.SubscriptionFilter(to, `LinesOf${constructIdOf(name)}`, {
      logGroup: from.logs,
      destination: new LambdaDestination(to),
      filterPattern: logs.FilterPattern.stringValue("$.message", "=", lines.message),
    });
  }
}
