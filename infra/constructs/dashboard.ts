import type { HttpApi } from "aws-cdk-lib/aws-apigatewayv2";
import { Dashboard, GraphWidget } from "aws-cdk-lib/aws-cloudwatch";
import type { DatabaseCluster } from "aws-cdk-lib/aws-rds";
import type { Construct } from "constructs";
import type { DelayQueue } from "./delay-queue.ts";
import type { GatewayFunction } from "./gateway-function.ts";

export type DashboardProps = {
  api: HttpApi;
  functions: readonly GatewayFunction[];
  queues: Readonly<Record<string, DelayQueue>>;
  cluster: DatabaseCluster;
};

/** One page to look at when an alarm rings: callers, functions, queues, database. */
export function addDashboard(scope: Construct, { api, functions, queues, cluster }: DashboardProps): void {
  const half = { width: 12, height: 6 };
  const delayQueues = Object.values(queues);
  new Dashboard(scope, "Dashboard", {
    widgets: [
      [
        new GraphWidget({
          ...half,
          title: "API: calls and refusals",
          left: [api.metricCount(), api.metricClientError(), api.metricServerError()],
        }),
        new GraphWidget({
          ...half,
          title: "API: latency",
          left: [api.metricLatency({ statistic: "p50" }), api.metricLatency({ statistic: "p99" })],
        }),
      ],
      [
        new GraphWidget({
          ...half,
          title: "Functions: errors and throttles",
          left: functions.flatMap((one) => [
            one.metricErrors({ label: `${one.spec.entry} errors` }),
            one.metricThrottles({ label: `${one.spec.entry} throttles` }),
          ]),
        }),
        new GraphWidget({
          ...half,
          title: "Functions: duration p99",
          left: functions.map((one) => one.metricDuration({ label: one.spec.entry, statistic: "p99" })),
        }),
      ],
      [
        new GraphWidget({
          ...half,
          title: "Queues: age of the oldest message, dead letters",
          left: delayQueues.map(({ queue }) => queue.metricApproximateAgeOfOldestMessage()),
          right: delayQueues.map(({ deadLetters }) => deadLetters.metricApproximateNumberOfMessagesVisible()),
        }),
        new GraphWidget({
          ...half,
          title: "Database: connections, capacity units",
          left: [cluster.metricDatabaseConnections()],
          right: [cluster.metricServerlessDatabaseCapacity()],
        }),
      ],
    ],
  });
}
