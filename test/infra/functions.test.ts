import { describe, expect, it } from "vitest";
import type * as z from "zod";
import { localDifferences } from "../../infra/stages.ts";
import { environmentSchema, migrateEnvironmentSchema } from "../../lib/environment.ts";
import { functions } from "../../lib/functions.ts";
import { functionsOf, type Resource, resourcesOf, synthesize, synthesizeProd } from "./templates.ts";

const { app } = synthesizeProd();
const deployed = functionsOf(app);
const entryOf = new Map([...deployed].map(([entry, { id }]) => [id, entry]));
const listed = functions.map((spec) => [spec.entry, spec] as const);

/** The entry of the function that this part of the template refers to by `Ref` or `Fn::GetAtt`. */
function entryIn(value: unknown): string | undefined {
  const ids = JSON.stringify(value).match(/"[A-Za-z0-9]+"/g) ?? [];
  return ids.map((id) => entryOf.get(JSON.parse(id))).find((entry) => entry !== undefined);
}

/** The entry of the function whose log group this part of the template refers to. */
function ownerOf(logGroup: unknown): string | undefined {
  return [...deployed].find(([, { properties }]) =>
    JSON.stringify(logGroup).includes(`"${properties.LoggingConfig.LogGroup.Ref}"`),
  )?.[0];
}

function routesOf(entry: string): string[] {
  const integrations = resourcesOf(app, "AWS::ApiGatewayV2::Integration");
  return Object.values(resourcesOf(app, "AWS::ApiGatewayV2::Route")).flatMap(({ Properties }) => {
    const [id] = Object.keys(integrations).filter((name) =>
      JSON.stringify(Properties.Target).includes(`"${name}"`),
    );
    return entryIn(integrations[id ?? ""]?.Properties.IntegrationUri) === entry ? [Properties.RouteKey] : [];
  });
}

function queueOf(arn: unknown): Resource["Properties"] {
  const [id] = (arn as { "Fn::GetAtt": [string] })["Fn::GetAtt"];
  return resourcesOf(app, "AWS::SQS::Queue")[id]!.Properties;
}

const mappings = Object.values(resourcesOf(app, "AWS::Lambda::EventSourceMapping")).map(
  ({ Properties }) => Properties,
);

describe.each(listed)("function %s", (entry, spec) => {
  const properties = deployed.get(entry)?.properties ?? {};

  it(`function ${entry} is deployed with the listed memory and timeout, on Node 24 and arm64`, () => {
    expect(properties).toMatchObject({
      Runtime: "nodejs24.x",
      Architectures: ["arm64"],
      Handler: "index.handler",
      MemorySize: spec.memoryMb,
      Timeout: spec.timeoutSeconds,
      ReservedConcurrentExecutions: spec.reservedConcurrency,
      LoggingConfig: { LogFormat: "JSON", LogGroup: { Ref: expect.any(String) } },
    });
  });

  it(`function ${entry} answers exactly its routes`, () => {
    expect(routesOf(entry).sort()).toEqual([...(spec.routes ?? [])].sort());
  });

  it(`function ${entry} times out before its caller does`, () => {
    if (spec.routes) expect(spec.timeoutSeconds).toBeLessThan(30);
    if (spec.queue) {
      const mapping = mappings.find(({ FunctionName }) => entryIn(FunctionName) === entry)!;
      const { VisibilityTimeout } = queueOf(mapping.EventSourceArn);
      expect(VisibilityTimeout).toBeGreaterThanOrEqual(6 * spec.timeoutSeconds);
    }
    if (spec.scheduleEveryMinutes) expect(spec.timeoutSeconds).toBeLessThan(spec.scheduleEveryMinutes * 60);
  });

  it(`function ${entry} consumes its own queue only`, () => {
    const own = mappings.filter(({ FunctionName }) => entryIn(FunctionName) === entry);
    expect(own).toEqual(
      (spec.queue ? [spec.queue] : []).map(({ maxConcurrency }) =>
        expect.objectContaining({
          BatchSize: 10,
          FunctionResponseTypes: ["ReportBatchItemFailures"],
          ScalingConfig: { MaximumConcurrency: maxConcurrency },
        }),
      ),
    );
    expect(properties.RecursiveLoop).toBe(spec.queue?.chained ? "Allow" : undefined);
  });

  it(`function ${entry} has exactly its listed schedule`, () => {
    const schedules = Object.values(resourcesOf(app, "AWS::Scheduler::Schedule"));
    const own = schedules.filter(({ Properties }) => entryIn(Properties.Target.Arn) === entry);
    expect(
      own.map(({ Properties }) =>
        parseInt(/^rate\((\d+) minutes?\)$/.exec(Properties.ScheduleExpression)![1]!, 10),
      ),
    ).toEqual(spec.scheduleEveryMinutes ? [spec.scheduleEveryMinutes] : []);
  });

  it(`function ${entry} gets only the log lines that it lists, and only those log groups may call it`, () => {
    const { of = [], message } = spec.lines ?? {};
    const input = [...of].sort();
    expect(input).not.toContain(entry);
    const filters = Object.values(resourcesOf(app, "AWS::Logs::SubscriptionFilter"));
    const own = filters.filter(({ Properties }) => entryIn(Properties.DestinationArn) === entry);
    expect(own.map(({ Properties }) => ownerOf(Properties.LogGroupName)).sort()).toEqual(input);
    for (const { Properties } of own) {
      expect(Properties.FilterPattern).toBe(`{ $.message = "${message}" }`);
    }
    const callers = Object.values(resourcesOf(app, "AWS::Lambda::Permission")).filter(
      ({ Properties }) =>
        Properties.Principal === "logs.amazonaws.com" && entryIn(Properties.FunctionName) === entry,
    );
    expect(callers.map(({ Properties }) => ownerOf(Properties.SourceArn)).sort()).toEqual(input);
  });

  it(`function ${entry} has an error alarm that states the impact`, () => {
    const alarms = Object.values(resourcesOf(app, "AWS::CloudWatch::Alarm")).filter(
      ({ Properties }) => Properties.MetricName === "Errors" && entryIn(Properties.Dimensions) === entry,
    );
    expect(alarms).toHaveLength(1);
    expect(alarms[0]?.Properties.AlarmDescription).toContain(spec.impact);
    expect(alarms[0]?.Properties.AlarmActions).toHaveLength(1);
  });
});

it("the calls of every merchant route are recorded, and no others", () => {
  const isMerchants = (route: string) => /^\w+ \/api\/v1\/(?!public\/)/.test(route);
  const merchants = functions.filter(({ routes = [] }) => routes.some(isMerchants));
  const recorded = functions.find(({ entry }) => entry === "record-api-calls")?.lines?.of ?? [];
  expect([...recorded].sort()).toEqual(merchants.map(({ entry }) => entry).sort());
});

describe("the environment of the functions", () => {
  const schemaOf = (entry: string) =>
    functions.find((spec) => spec.entry === entry)?.runsOnDeploy
      ? migrateEnvironmentSchema
      : environmentSchema;
  const namesIn = ({ shape }: { shape: Record<string, z.ZodType> }, optionalToo: boolean) =>
    Object.keys(shape).filter((name) => optionalToo || !shape[name]?.safeParse(undefined).success);
  const variablesOf = (template: typeof app) =>
    [...functionsOf(template)].map(
      ([entry, { properties }]) => [entry, properties.Environment.Variables] as const,
    );

  it.each(["dev", "prod", "local"] as const)(
    "the functions' environment in stage %s has exactly the variables of its schema",
    (stage) => {
      const template = synthesize(stage, { publicUrl: "https://pay.example.com" }).app;
      for (const [entry, variables] of variablesOf(template)) {
        expect(Object.keys(variables).sort(), entry).toEqual(
          namesIn(schemaOf(entry), stage === "local").sort(),
        );
      }
    },
  );

  it("the migration's environment names a database account of its own", () => {
    const variables = Object.fromEntries(variablesOf(app));
    expect(JSON.stringify(variables.migrate.DB_SECRET_ARN)).toContain("MigrateSecret");
    expect(variables.migrate.APP_SECRET_ARN).toEqual(variables["create-payment"].DB_SECRET_ARN);
  });

  it("the functions' environment holds no secret", () => {
    const literals = [...variablesOf(app), ...variablesOf(synthesize("dev").app)].flatMap(([, variables]) =>
      Object.entries(variables).filter(([, value]) => typeof value === "string"),
    );
    const harmless = ["STAGE", "PUBLIC_URL", "CORS_ORIGINS", "DB_NAME", "DB_TLS", "REDIS_TLS"];
    for (const [name] of literals) expect(harmless).toContain(name);
  });

  it("the local stage has parameters for the values that only the local host knows", () => {
    const local = synthesize("local").app;
    expect(Object.keys(local.findParameters("*"))).toEqual(
      expect.arrayContaining(Object.values(localDifferences.parameters)),
    );
  });
});
