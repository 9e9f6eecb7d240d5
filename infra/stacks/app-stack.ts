import { CfnOutput, Duration, Stack } from "aws-cdk-lib";
import { HttpApi } from "aws-cdk-lib/aws-apigatewayv2";
import { SqsEventSource } from "aws-cdk-lib/aws-lambda-event-sources";
import { Schedule, ScheduleExpression } from "aws-cdk-lib/aws-scheduler";
import { LambdaInvoke } from "aws-cdk-lib/aws-scheduler-targets";
import { Trigger } from "aws-cdk-lib/triggers";
import type { Construct } from "constructs";
import { functions } from "../../lib/functions.ts";
import { addAccessLog } from "../constructs/access-log.ts";
import { addLogSubscriptions } from "../constructs/add-log-subscriptions.ts";
import { addRoutes } from "../constructs/add-routes.ts";
import { Alarms } from "../constructs/alarms.ts";
import { addDashboard } from "../constructs/dashboard.ts";
import { DelayQueue } from "../constructs/delay-queue.ts";
import { functionEnvironment } from "../constructs/function-environment.ts";
import { constructIdOf, GatewayFunction } from "../constructs/gateway-function.ts";
import { grant, securityGroupsFor } from "../constructs/permissions.ts";
import type { Stage, StageSettings } from "../stages.ts";
import type { DataStack } from "./data-stack.ts";
import type { NetworkStack } from "./network-stack.ts";

export type AppStackProps = {
  stage: Stage;
  settings: StageSettings;
  network: NetworkStack;
  data: DataStack;
  /** Origin at which providers and buyers reach the gateway; default: the API's own. */
  publicUrl: string | undefined;
  /** Origins whose pages may read the API reference. */
  corsOrigins: readonly string[];
  alarmEmail: string | undefined;
  /** Holds the built functions. */
  dist: string;
};

/** Everything that a code change replaces: functions, API, queues, schedules, alarms and dashboard. */
export class AppStack extends Stack {
  private readonly api = new HttpApi(this, "Api", { description: "Uni-Pay" });
  private readonly queues = {
    notify: new DelayQueue(this, "NotifyQueue"),
    poll: new DelayQueue(this, "PollQueue"),
  };

  constructor(scope: Construct, id: string, props: AppStackProps) {
    super(scope, id, { description: "Uni-Pay: functions", terminationProtection: props.settings.keepData });
    const { stage, settings, network, data, corsOrigins, dist } = props;
    const { database, credentialsKeys } = data;
    // The API exists before its functions, so its own address may be one of their variables.
    const publicUrl = props.publicUrl ?? this.api.apiEndpoint;
    const environment = functionEnvironment(this, {
      stage,
      data,
      publicUrl,
      corsOrigins,
      queues: this.queues,
    });
    const all = functions.map((spec) => {
      const gatewayFunction = new GatewayFunction(this, {
        stage,
        spec,
        settings,
        dist,
        vpc: network.vpc,
        securityGroups: securityGroupsFor(spec, network),
        environment: spec.runsOnDeploy ? environment.migration : environment.common,
      });
      grant(gatewayFunction, {
        database,
        credentialsKeys,
        notify: this.queues.notify.queue,
        poll: this.queues.poll.queue,
      });
      this.connect(gatewayFunction);
      return gatewayFunction;
    });
    addAccessLog(this.api, settings);
    for (const one of all) addLogSubscriptions(one, all);
    this.runOnDeploy(all);
    new Alarms(this, "Alarms", { functions: all, queues: this.queues, email: props.alarmEmail });
    addDashboard(this, { api: this.api, functions: all, queues: this.queues, cluster: database.cluster });
    new CfnOutput(this, "ApiEndpoint", { value: this.api.apiEndpoint });
  }

  private connect(gatewayFunction: GatewayFunction): void {
    const { entry, queue, routes, scheduleEveryMinutes } = gatewayFunction.spec;
    if (routes) addRoutes(this.api, gatewayFunction);
    if (queue) {
      gatewayFunction.addEventSource(
        new SqsEventSource(this.queues[queue.name].queue, {
          batchSize: 10,
          reportBatchItemFailures: true,
          maxConcurrency: queue.maxConcurrency,
        }),
      );
    }
    if (scheduleEveryMinutes) {
      new Schedule(this, `${constructIdOf(entry)}Schedule`, {
        schedule: ScheduleExpression.rate(Duration.minutes(scheduleEveryMinutes)),
        target: new LambdaInvoke(gatewayFunction, { retryAttempts: 0, maxEventAge: Duration.minutes(1) }),
      });
    }
  }

  /** New code never runs on an old schema: the other functions are changed only after these have succeeded. */
  private runOnDeploy(all: readonly GatewayFunction[]): void {
    const others = all.filter(({ spec }) => !spec.runsOnDeploy);
    for (const handler of all.filter(({ spec }) => spec.runsOnDeploy)) {
      new Trigger(this, `Run${constructIdOf(handler.spec.entry)}`, {
        handler,
        timeout: Duration.seconds(handler.spec.timeoutSeconds),
        executeBefore: others,
      });
    }
  }
}
