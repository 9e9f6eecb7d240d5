import type { Template } from "aws-cdk-lib/assertions";
import { describe, expect, it } from "vitest";
import { localDifferences, stages } from "../../infra/stages.ts";
import { functions } from "../../lib/functions.ts";
import { functionsOf, resourcesOf, type Synthesized, synthesize, synthesizeProd } from "./templates.ts";

const prod = synthesizeProd();
const dev = synthesize("dev");

/** Aurora's default at 8 capacity units; the maximum capacity determines it. */
const maxConnections = 1000;

function reservations({ app }: Synthesized): (number | undefined)[] {
  return [...functionsOf(app).values()].map(({ properties }) => properties.ReservedConcurrentExecutions);
}

describe("production", () => {
  it("production cannot be synthesized without publicUrl, the address that providers call", () => {
    expect(() => synthesize("prod")).toThrow("-c publicUrl=https://");
  });

  it.each([
    "http://pay.example.com",
    "https://pay.example.com/",
    "https://pay.example.com/api",
    "pay.example.com",
  ])("production refuses %s as publicUrl", (publicUrl) =>
    expect(() => synthesize("prod", { publicUrl })).toThrow("https origin"),
  );

  it("production reserves concurrency for every function, within the database's connections", () => {
    const sum = reservations(prod).reduce<number>((total, reserved) => total + (reserved ?? Number.NaN), 0);
    expect(sum).toBeLessThanOrEqual(0.6 * maxConnections);
  });

  it("no queue has more concurrency than its function in production", () => {
    for (const { entry, queue, reservedConcurrency } of functions) {
      if (queue) expect(reservedConcurrency, entry).toBeGreaterThanOrEqual(queue.maxConcurrency);
    }
  });

  it("production sends outbound traffic from one retained address", () => {
    const [address, ...others] = Object.entries(resourcesOf(prod.network, "AWS::EC2::EIP"));
    expect(others).toEqual([]);
    expect(address?.[1]).toMatchObject({ DeletionPolicy: "Retain", UpdateReplacePolicy: "Retain" });
    const gateways = Object.values(resourcesOf(prod.network, "AWS::EC2::NatGateway"));
    expect(gateways).toHaveLength(1);
    expect(gateways[0]?.Properties.AllocationId).toEqual({ "Fn::GetAtt": [address?.[0], "AllocationId"] });
  });

  it("production keeps its data when a stack is deleted", () => {
    for (const type of ["AWS::RDS::DBCluster", "AWS::KMS::Key"]) {
      for (const resource of Object.values(resourcesOf(prod.data, type))) {
        expect(resource).toMatchObject({ DeletionPolicy: "Retain", UpdateReplacePolicy: "Retain" });
      }
    }
  });
});

describe("corsOrigins, the origins that may read the API reference", () => {
  const notified = (context: Record<string, string>) =>
    functionsOf(synthesize("dev", context).app).get("openapi")?.properties.Environment.Variables.CORS_ORIGINS;

  it("no origin may read the API reference unless corsOrigins lists it", () => {
    expect(notified({})).toBe("none");
    const corsOrigins = "https://docs.example.com,http://localhost:8000";
    expect(notified({ corsOrigins })).toBe(corsOrigins);
  });

  it.each(["*", "https://docs.example.com/", "docs.example.com", "https://*.example.com/x", "null", ","])(
    "corsOrigins refuses %s",
    (corsOrigins) => expect(() => synthesize("dev", { corsOrigins })).toThrow("corsOrigins must be origins"),
  );
});

describe("every stage", () => {
  it("a stage other than the three cannot be synthesized", () => {
    expect(() => synthesize("production")).toThrow('unknown stage "production"');
  });

  it.each(Object.entries(stages))(
    "the database of stage %s can grow from its minimum",
    (_stage, { databaseCapacity }) => {
      expect(databaseCapacity.max).toBeGreaterThanOrEqual(databaseCapacity.min);
      expect(databaseCapacity.min).toBeGreaterThanOrEqual(0.5);
    },
  );
});

describe("dev", () => {
  it("dev reserves no concurrency, which a new AWS account could not grant", () => {
    expect(reservations(dev)).toEqual(functions.map(() => undefined));
  });

  it("dev uses the API's own address as PUBLIC_URL", () => {
    const variables = functionsOf(dev.app).get("create-payment")?.properties.Environment.Variables;
    const [api] = Object.keys(resourcesOf(dev.app, "AWS::ApiGatewayV2::Api"));
    expect(variables.PUBLIC_URL).toEqual({ "Fn::GetAtt": [api, "ApiEndpoint"] });
  });
});

describe("local", () => {
  it("local differs from dev only by the listed differences", () => {
    const local = synthesize("local");
    for (const part of ["network", "data", "app"] as const) {
      const [ours, theirs] = [renamed(local[part]), renamed(dev[part])];
      for (const parameter of Object.values(localDifferences.parameters)) delete ours.Parameters?.[parameter];
      for (const template of [ours, theirs]) dropListed(template);
      expect(ours).toEqual(theirs);
    }
  });
});

/** Replaces the stage name in all names; generated names lose the hashes that the CDK derives from it. */
function renamed(template: Template) {
  const text = JSON.stringify(template.toJSON()).replaceAll("uni-pay-local", "uni-pay-dev");
  const generated = /"[^"]*unipay(dev|local)[^"]*"/g;
  return JSON.parse(
    text.replaceAll(generated, (name) =>
      name.replace("unipaylocal", "unipaydev").replaceAll(/[0-9A-F]{8}/g, ""),
    ),
  );
}

/** Removes the listed variables, and the names of function versions, which are hashes over the variables. */
function dropListed(template: {
  Resources: Record<string, { Properties?: { Environment?: { Variables: object } } }>;
}) {
  const listed: string[] = [
    ...Object.keys(localDifferences.environment),
    ...Object.keys(localDifferences.parameters),
  ];
  for (const [id, { Properties }] of Object.entries(template.Resources)) {
    const variables = Properties?.Environment?.Variables;
    if (variables) for (const name of listed) Reflect.deleteProperty(variables, name);
    if (/CurrentVersion/.test(id)) {
      delete template.Resources[id];
      for (const trigger of Object.values(template.Resources)) {
        const properties = trigger.Properties as { HandlerArn?: { Ref?: string } } | undefined;
        if (properties?.HandlerArn?.Ref === id) delete properties.HandlerArn;
      }
    }
  }
}
