import { Duration, Stack } from "aws-cdk-lib";
import * as cloudwatch from "aws-cdk-lib/aws-cloudwatch";
import { SnsAction } from "aws-cdk-lib/aws-cloudwatch-actions";
import * as logs from "aws-cdk-lib/aws-logs";
import * as sns from "aws-cdk-lib/aws-sns";
import { EmailSubscription } from "aws-cdk-lib/aws-sns-subscriptions";
import { Construct } from "constructs";
import { temporarilyUnavailable } from "../../lib/transient.ts";
import type { DelayQueue } from "./delay-queue.ts";
import { constructIdOf, type GatewayFunction } from "./gateway-function.ts";

export type AlarmsProps = {
  functions: readonly GatewayFunction[];
  queues: Readonly<Record<string, DelayQueue>>;
  /** Receives every alarm; others may subscribe to the topic later. */
  email?: string | undefined;
};

type Watch = {
  metric: cloudwatch.IMetric;
  /** What fails for merchants or buyers, and where to look. */
  text: string;
  /** Default: above 0 once. */
  above?: number;
  /** Missing data is the failure itself. */
  silenceIsFailure?: boolean;
};

const period = Duration.minutes(5);
/** Transient failures in one period that a fail-over or a deadlock does not explain. */
const mostTransient = 50;

/** Alarms that tell an operator what merchants or buyers suffer. */
export class Alarms extends Construct {
  readonly topic: sns.Topic;

  constructor(scope: Construct, id: string, { functions, queues, email }: AlarmsProps) {
    super(scope, id);
    this.topic = new sns.Topic(this, "Topic", { enforceSSL: true });
    if (email) this.topic.addSubscription(new EmailSubscription(email));
    for (const one of functions) this.watchFunction(one);
    for (const [name, queue] of Object.entries(queues)) this.watchQueue(name, queue);
    this.watchLines(functions);
  }

  private watchFunction(one: GatewayFunction): void {
    const { entry, impact, scheduleEveryMinutes } = one.spec;
    const name = constructIdOf(entry);
    this.watch(`${name}Errors`, { metric: one.metricErrors({ period }), text: `${entry} fails: ${impact}` });
    if (scheduleEveryMinutes === undefined) return;
    this.watch(`${name}Silent`, {
      metric: one.metricInvocations({ period: Duration.minutes(Math.max(5, 3 * scheduleEveryMinutes)) }),
      text: `${entry} does not run: ${impact}`,
      silenceIsFailure: true,
    });
  }

  private watchQueue(name: string, { queue, deadLetters }: DelayQueue): void {
    const id = constructIdOf(name);
    this.watch(`${id}DeadLetters`, {
      metric: deadLetters.metricApproximateNumberOfMessagesVisible({ period, statistic: "max" }),
      text: `the ${name} queue gave up on a message: read the dead letter and the function's log`,
    });
    this.watch(`${id}Age`, {
      metric: queue.metricApproximateAgeOfOldestMessage({ period, statistic: "max" }),
      above: 300,
      text: `messages wait over five minutes in the ${name} queue: its function is slow, throttled or failing`,
    });
  }

  private watchLines(functions: readonly GatewayFunction[]): void {
    this.watch("Lines", {
      metric: this.countLines("Lines", functions, logs.FilterPattern.stringValue("$.level", "=", "error")),
      text: "a function reports something to act on: look for level error in its log",
    });
    const ofTransient = logs.FilterPattern.stringValue("$.message", "=", temporarilyUnavailable);
    this.watch("Transient", {
      metric: this.countLines("Transient", functions, ofTransient),
      above: mostTransient,
      text: "many calls fail because database, cache, queue or key service is unavailable: check them",
    });
  }

  private countLines(
    name: string,
    functions: readonly GatewayFunction[],
    filterPattern: logs.IFilterPattern,
  ): cloudwatch.Metric {
    const metric = new cloudwatch.Metric({
      namespace: Stack.of(this).stackName,
      metricName: `Alarm${name}`,
      period,
      statistic: "sum",
    });
    for (const one of functions) {
      new logs.MetricFilter(this, `${constructIdOf(one.spec.entry)}${name}`, {
        logGroup: one.logs,
        filterPattern,
        metricNamespace: metric.namespace,
        metricName: metric.metricName,
      });
    }
    return metric;
  }

  private watch(id: string, { metric, text, above = 0, silenceIsFailure = false }: Watch): void {
    const { ComparisonOperator, TreatMissingData } = cloudwatch;
    new cloudwatch.Alarm(this, id, {
      metric,
      alarmDescription: text,
      threshold: silenceIsFailure ? 1 : above,
      comparisonOperator: silenceIsFailure
        ? ComparisonOperator.LESS_THAN_THRESHOLD
        : ComparisonOperator.GREATER_THAN_THRESHOLD,
      evaluationPeriods: 1,
      treatMissingData: silenceIsFailure ? TreatMissingData.BREACHING : TreatMissingData.NOT_BREACHING,
    }).addAlarmAction(new SnsAction(this.topic));
  }
}
