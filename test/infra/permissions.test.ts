import { describe, expect, it } from "vitest";
import { functions } from "../../lib/functions.ts";
import { functionsOf, type Resource, resourcesOf, synthesize, synthesizeProd } from "./templates.ts";

type Statement = {
  Action: string | string[];
  Resource: unknown;
  Condition?: Record<string, Record<string, string>>;
};

const { app, network, data } = synthesizeProd();

/** What the function's own policy allows; the managed ones only let it write its log and join the network. */
function statementsOf(entry: string): Statement[] {
  const role = functionsOf(app).get(entry)?.properties.Role["Fn::GetAtt"][0];
  const policies = Object.values(resourcesOf(app, "AWS::IAM::Policy")).filter(({ Properties }) =>
    Properties.Roles.some(({ Ref }: { Ref: string }) => Ref === role),
  );
  return policies.flatMap(({ Properties }) => Properties.PolicyDocument.Statement);
}

/** Each allowed action with the name of a resource that it may act on. */
function allowed(entry: string): string[] {
  return statementsOf(entry).flatMap(({ Action, Resource }) =>
    [Action].flat().flatMap((action) => [Resource].flat().map((on) => `${action} ${nameOf(on)}`)),
  );
}

function nameOf(resource: unknown): string {
  const text = JSON.stringify(resource);
  const names = ["MigrateSecret", "AppSecret", "CredentialsKey", "NotifyQueue", "PollQueue"];
  return names.find((name) => text.includes(name)) ?? text;
}

/** Actions that describe a queue or secret: the CDK adds them to every grant. */
const descriptive = /Describe|GetQueue/;

const sends = {
  "send-notify": "sqs:SendMessage NotifyQueue",
  "send-poll": "sqs:SendMessage PollQueue",
};
const expectedOf = {
  database: ["secretsmanager:GetSecretValue AppSecret"],
  "migrate-database": [
    "secretsmanager:GetSecretValue MigrateSecret",
    "secretsmanager:GetSecretValue AppSecret",
  ],
  cache: [],
  decrypt: ["kms:Decrypt CredentialsKey"],
  encrypt: ["kms:GenerateDataKey CredentialsKey"],
  "send-notify": [sends["send-notify"]],
  "send-poll": [sends["send-poll"]],
} as const;

const queueNames = { notify: "NotifyQueue", poll: "PollQueue" };

describe.each(functions.map((spec) => [spec.entry, spec] as const))("function %s", (entry, spec) => {
  it(`a function may do what its grants say, and nothing else: ${entry}`, () => {
    const consumes = ["sqs:ReceiveMessage", "sqs:ChangeMessageVisibility", "sqs:DeleteMessage"];
    const expected = [
      ...spec.grants.flatMap((grant) => expectedOf[grant]),
      ...(spec.queue ? consumes.map((action) => `${action} ${queueNames[spec.queue!.name]}`) : []),
    ];
    expect(
      allowed(entry)
        .filter((pair) => !descriptive.test(pair))
        .sort(),
    ).toEqual([...new Set(expected)].sort());
  });

  it(`function ${entry} reaches the database and the cache only with a grant`, () => {
    const groups = JSON.stringify(functionsOf(app).get(entry)?.properties.VpcConfig?.SecurityGroupIds) ?? "";
    expect(/DatabaseClients/.test(groups)).toBe(spec.grants.some((grant) => grant.endsWith("database")));
    expect(/CacheClients/.test(groups)).toBe(spec.grants.includes("cache"));
  });

  it(`function ${entry} uses the KMS key only for merchants' values, a webhook only for its provider's`, () => {
    for (const { Action, Condition } of statementsOf(entry)) {
      if (![Action].flat().some((action) => action.startsWith("kms:"))) continue;
      expect(Condition?.Null).toEqual({ "kms:EncryptionContext:user": "false" });
      const decrypts = [Action].flat().includes("kms:Decrypt");
      const provider = decrypts ? /^webhooks\/(.+)$/.exec(entry)?.[1] : undefined;
      expect(Condition?.StringEquals?.["kms:EncryptionContext:provider"]).toBe(provider);
    }
  });
});

describe("a change of the credentials key", () => {
  const { app, data } = synthesize("dev", { credentialsKeys: "2,1" });
  const [first, second] = ["CredentialsKey", "CredentialsKey2"].map(
    (name) =>
      Object.keys(resourcesOf(data, "AWS::KMS::Key")).find((id) => RegExp(`^${name}[A-F0-9]{8}$`).test(id))!,
  );
  const namedIn = (value: unknown) =>
    (JSON.stringify(value).match(/CredentialsKey2?[A-F0-9]{8}/g) ?? []).map((id) => id.slice(0, -8));

  it("during a change of the credentials key both keys exist, and functions encrypt with the first one", () => {
    expect([first, second]).toEqual([expect.any(String), expect.any(String)]);
    const policies = Object.values(resourcesOf(app, "AWS::IAM::Policy")).flatMap(
      ({ Properties }) => Properties.PolicyDocument.Statement as Statement[],
    );
    const on = (action: string) =>
      policies
        .filter(({ Action }) => [Action].flat().includes(action))
        .map(({ Resource }) => namedIn(Resource));
    const count = (grant: string) =>
      functions.filter(({ grants }) => (grants as readonly string[]).includes(grant)).length;
    expect(on("kms:Decrypt")).toEqual(Array(count("decrypt")).fill(["CredentialsKey2", "CredentialsKey"]));
    expect(on("kms:GenerateDataKey")).toEqual(Array(count("encrypt")).fill(["CredentialsKey2"]));
  });

  it("during a change of the credentials key every function gets both, the encrypting one first", () => {
    for (const [entry, { properties }] of functionsOf(app)) {
      const { KMS_KEY_IDS } = properties.Environment.Variables;
      if (entry !== "migrate") expect(namedIn(KMS_KEY_IDS)).toEqual(["CredentialsKey2", "CredentialsKey"]);
    }
  });

  it.each(["0", "1,1", "2,", "one", "1 2"])("credentialsKeys refuses %j", (credentialsKeys) => {
    expect(() => synthesize("dev", { credentialsKeys })).toThrow("credentialsKeys must be");
  });
});

describe("the network", () => {
  it("no security group opens a port to the world", () => {
    const open = [network, data].flatMap((template) => [
      ...Object.values(resourcesOf(template, "AWS::EC2::SecurityGroup")).flatMap(
        ({ Properties }) => Properties.SecurityGroupIngress ?? [],
      ),
      ...Object.values(resourcesOf(template, "AWS::EC2::SecurityGroupIngress")).map(
        ({ Properties }: Resource) => Properties,
      ),
    ]);
    expect(open.length).toBeGreaterThan(0);
    for (const rule of open) expect(rule.CidrIp).toBeUndefined();
  });
});
