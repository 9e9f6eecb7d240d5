import { describe, expect, it } from "vitest";
import { functions } from "../../lib/functions.ts";
import { temporarilyUnavailable } from "../../lib/transient.ts";
import { resourcesOf, synthesize, synthesizeProd } from "./templates.ts";

describe.each(["dev", "prod"] as const)("stage %s", (stage) => {
  const { data, app } = stage === "prod" ? synthesizeProd() : synthesize(stage);
  const all = (type: string) => Object.values(resourcesOf(type.startsWith("AWS::RDS") ? data : app, type));

  it(`the template has each route once: stage ${stage}`, () => {
    const keys = all("AWS::ApiGatewayV2::Route").map(({ Properties }) => Properties.RouteKey);
    expect(new Set(keys).size).toBe(keys.length);
    expect(keys).toContain("$default");
  });

  it(`stage ${stage} uses payload format 2.0 and waits no longer than an HTTP API can`, () => {
    for (const { Properties } of all("AWS::ApiGatewayV2::Integration")) {
      expect(Properties.PayloadFormatVersion).toBe("2.0");
      expect(Properties.TimeoutInMillis ?? 30_000).toBeLessThanOrEqual(30_000);
    }
  });

  it(`stage ${stage} logs every request, even if no function gets it, by its id and without path and query`, () => {
    const stages = all("AWS::ApiGatewayV2::Stage");
    expect(stages).toHaveLength(1);
    const { DestinationArn, Format } = stages[0]!.Properties.AccessLogSettings;
    const [group] = DestinationArn["Fn::GetAtt"];
    expect(resourcesOf(app, "AWS::Logs::LogGroup")).toHaveProperty(group);
    expect(JSON.parse(Format)).toMatchObject({
      request_id: "$context.requestId",
      http_status: "$context.status",
      refused: "$context.error.responseType",
    });
    expect(Format).not.toMatch(/\$context\.(path|authorizer)|querystring|\$request/i);
  });

  it(`stage ${stage} has no CORS configuration in API Gateway`, () => {
    for (const { Properties } of all("AWS::ApiGatewayV2::Api")) {
      expect(Properties.CorsConfiguration).toBeUndefined();
    }
  });

  it(`stage ${stage} encrypts every queue and moves messages that fail five times to a dead-letter queue`, () => {
    const queues = all("AWS::SQS::Queue");
    expect(queues).toHaveLength(4);
    for (const { Properties } of queues) expect(Properties.SqsManagedSseEnabled).toBe(true);
    const redriven = queues.filter(({ Properties }) => Properties.RedrivePolicy);
    expect(redriven).toHaveLength(2);
    for (const { Properties } of redriven) {
      expect(Properties.RedrivePolicy.maxReceiveCount).toBe(5);
      expect(Properties.VisibilityTimeout).toBe(180);
      expect(Properties.FifoQueue).toBeUndefined();
    }
  });

  it(`stage ${stage} has alarms for the age and the dead letters of both queues`, () => {
    const metrics = all("AWS::CloudWatch::Alarm").map(({ Properties }) => Properties.MetricName);
    const count = (name: string) => metrics.filter((metric) => metric === name).length;
    expect(count("ApproximateNumberOfMessagesVisible")).toBe(2);
    expect(count("ApproximateAgeOfOldestMessage")).toBe(2);
  });

  it(`stage ${stage} alarms at one line of level error, and only at many transient failures`, () => {
    const above = (metric: string) =>
      all("AWS::CloudWatch::Alarm")
        .filter(({ Properties }) => Properties.MetricName === metric)
        .map(({ Properties }) => Properties.Threshold);
    expect(above("AlarmLines")).toEqual([0]);
    expect(above("AlarmTransient")).toEqual([50]);
    const transient = all("AWS::Logs::MetricFilter").filter(
      ({ Properties }) => Properties.FilterPattern === `{ $.message = "${temporarilyUnavailable}" }`,
    );
    expect(transient).toHaveLength(functions.length);
  });

  it(`stage ${stage} keeps logs for 30 days`, () => {
    for (const { Properties } of all("AWS::Logs::LogGroup")) expect(Properties.RetentionInDays).toBe(30);
  });

  it(`stage ${stage} gives the database the settings that transactions rely on`, () => {
    const [group] = all("AWS::RDS::DBClusterParameterGroup");
    expect(group?.Properties.Parameters).toMatchObject({
      transaction_isolation: "READ-COMMITTED",
      innodb_lock_wait_timeout: "3",
      innodb_rollback_on_timeout: "1",
      wait_timeout: "60",
      time_zone: "UTC",
      character_set_server: "utf8mb4",
    });
    expect(all("AWS::RDS::DBInstance")).toHaveLength(stage === "prod" ? 2 : 1);
  });

  it(`stage ${stage} migrates the schema before it updates the functions`, () => {
    const [trigger] = Object.keys(resourcesOf(app, "Custom::Trigger"));
    for (const [id, resource] of Object.entries(resourcesOf(app, "AWS::Lambda::Function"))) {
      const { Metadata, DependsOn = [] } = resource as typeof resource & { DependsOn?: string[] };
      if (!Metadata?.entry || Metadata.entry === "migrate") continue;
      expect(DependsOn, id).toContain(trigger);
    }
  });
});
