import { globSync } from "node:fs";
import path from "node:path";
import { Validator } from "@seriousme/openapi-schema-validator";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { type Failure, failures } from "../../lib/errors.ts";
import { functions, merchantContracts } from "../../lib/functions.ts";
import type { Contract } from "../../lib/http/contract.ts";
import { createPaymentContract } from "../../lib/http/create-payment-contract.ts";
import { corsHeaders } from "../../lib/http/headers.ts";
import { routes } from "../../lib/http/routes.ts";
import { providers } from "../../lib/providers/registry.ts";
import { faultsOf, operationOf, reference } from "../steps/api-reference.ts";
import { closedSchemas } from "../steps/closed-schemas.ts";
import { takeFaults } from "../steps/faults.ts";
import { type Front, startFront } from "../steps/front.ts";
import { movableClock } from "../steps/movable-clock.ts";

const routesOf = (document: typeof reference) =>
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
const operations = routesOf(reference).map((route) => [route, operationOf(route)!] as const);
const judgeOf = closedSchemas(reference);

/** Every object, at any depth of a value, that has this property. */
function* having(name: string, value: unknown): Generator<Record<string, unknown>> {
  if (typeof value !== "object" || value === null) return;
  if (Object.hasOwn(value, name)) yield value as Record<string, unknown>;
  for (const part of Object.values(value)) yield* having(name, part);
}

/** Every contract that `lib/http` exports. */
async function exportedContracts(): Promise<Contract[]> {
  const folder = path.join(import.meta.dirname, "../../lib/http");
  const modules = await Promise.all(
    globSync("*-contract{,s}.ts", { cwd: folder }).map((file) => import(path.join(folder, file))),
  );
  return modules
    .flatMap((module) => Object.entries<unknown>(module))
    .filter(([name]) => name.endsWith("Contract"))
    .map(([, found]) => found as Contract);
}

describe("the API reference", () => {
  it("the API reference is valid OpenAPI 3.1 for an independent validator", async () => {
    const validator = new Validator();
    expect(await validator.validate(structuredClone(reference))).toEqual({ valid: true });
    expect(validator.version).toBe("3.1");
  });

  it("every schema of the API reference compiles with a strict JSON Schema 2020-12 compiler", () => {
    const schemas = [...having("schema", reference)].map(({ schema }) => schema as object);
    expect(schemas.length).toBeGreaterThan(50);
    for (const schema of schemas) expect(() => judgeOf(schema)).not.toThrow();
  });

  it("the API reference has exactly the routes that functions serve", () => {
    const answered = functions.flatMap((spec) => spec.routes ?? []).filter((route) => route !== "$default");
    expect(routesOf(reference).sort()).toEqual(answered.sort());
    expect(routesOf(reference)).toEqual(
      expect.arrayContaining(Object.values(routes).filter((route) => route !== "$default")),
    );
  });

  it("the API reference has exactly the fields of every contract", async () => {
    const contracts = await exportedContracts();
    expect(contracts.map(({ route }) => route).sort()).toEqual(
      merchantContracts.map(({ route }) => route).sort(),
    );
    for (const { route, input, answer, scope } of contracts) {
      const { parameters, requestBody, responses, security } = operationOf(route)!;
      const inBody = requestBody?.content["application/json"]?.schema.properties ?? {};
      const names = [...parameters.map(({ name }) => name), ...Object.keys(inBody)];
      expect(names.sort(), route).toEqual(Object.keys(input.shape).sort());
      const schema = z.toJSONSchema(answer, { io: "input" });
      const id = schema.$ref?.split("/").at(-1) ?? "";
      expect(JSON.stringify(responses[200]), route).toContain(`"#/components/schemas/${id}"`);
      expect(Object.keys(reference.components.schemas[id]?.properties ?? {})).toEqual(
        Object.keys(schema.$defs?.[id]?.properties ?? {}),
      );
      expect(security).toEqual([{ apiKey: [scope] }]);
    }
  });

  it.each(Object.keys(failures) as Failure[])(
    "the API reference documents the failure %s with its HTTP status",
    (name) => {
      const { code, http } = failures[name];
      expect(reference.info.description).toContain(`\n| ${code} | ${http} | `);
      expect(reference.components.examples[name]?.value).toMatchObject({ code });
      const where = operations.flatMap(([, { responses }]) => {
        const text = JSON.stringify(responses[http] ?? "");
        return text.includes(`examples/${name}"`) || text.includes(`responses/${name}"`) ? [text] : [];
      });
      // Only operators get this failure, so no route lists it.
      expect(where.length > 0).toBe(name !== "look_up_failed");
    },
  );

  it("every operation of the API reference has a unique id, a summary, a declared tag and its security", () => {
    const names = operations.map(([, { operationId }]) => operationId);
    expect(new Set(names).size).toBe(names.length);
    const tags = reference.tags.map(({ name }) => name);
    for (const [route, operation] of operations) {
      expect(operation.summary, route).toMatch(/^[A-Z]/);
      expect(tags).toEqual(expect.arrayContaining(operation.tags));
      const open = operation.tags.includes("Public");
      expect(operation.security.map((needs) => Object.keys(needs))).toEqual(open ? [] : [["apiKey"]]);
    }
  });

  it("every field that a merchant sends or reads has a description", () => {
    const ours = [...operations.map(([, { requestBody }]) => requestBody), reference.components.schemas];
    const silent = [...having("properties", ours)].flatMap(({ properties }) =>
      Object.entries(properties as Record<string, object>)
        .filter(([, field]) => !["description", "const", "enum", "$ref"].some((said) => said in field))
        .map(([name]) => name),
    );
    expect(silent).toEqual([]);
  });

  it("the API reference accepts amounts as numbers or decimal strings and returns numbers", () => {
    const { requestBody } = operationOf(createPaymentContract.route)!;
    const input = judgeOf(requestBody!.content["application/json"]!.schema);
    const judge = (amount: unknown) => input({ ...createPaymentContract.example.input, amount });
    for (const amount of [12.34, "12.34", 1, "0.01"]) expect(judge(amount)).toBeNull();
    for (const amount of [0, -1, "-1", "1e2", "", "12.", null]) expect(judge(amount)).not.toBeNull();
    expect(reference.components.schemas.Payment?.properties?.amount).toMatchObject({ type: "number" });
  });

  it("the API reference names every provider and scene", () => {
    const text = JSON.stringify(operationOf(createPaymentContract.route)?.requestBody);
    for (const [name, { scenes }] of Object.entries(providers)) {
      expect(text).toContain(`"${name}"`);
      for (const scene of Object.keys(scenes)) expect(text).toContain(`\`${scene}\``);
    }
  });

  it("every example of the API reference matches its schema", () => {
    const { examples } = reference.components;
    const shown = [...having("schema", reference)].flatMap(({ schema, example, examples: several = {} }) => [
      ...(example === undefined ? [] : [{ schema, value: example }]),
      ...Object.keys(several as object).map((name) => ({ schema, value: examples[name]?.value })),
    ]);
    expect(shown.length).toBeGreaterThan(60);
    for (const { schema, value } of shown) expect(judgeOf(schema as object)(value)).toBeNull();
  });

  it("the gateway accepts every example call of the API reference", () => {
    for (const { input, example, route } of merchantContracts) {
      expect(input.safeParse(example.input).error, route).toBeUndefined();
    }
  });
});

describe("GET /openapi.json", () => {
  let front: Front;
  beforeAll(async () => {
    process.env.PUBLIC_URL = "https://pay.example.com";
    process.env.CORS_ORIGINS = "https://docs.example.com,https://tools.example.com";
    front = await startFront(movableClock());
  });
  afterAll(() => front.stop());

  it("GET /openapi.json needs no key and returns the document with the gateway's public URL", async () => {
    const answer = await fetch(`${front.url}/openapi.json`);
    expect(answer.status).toBe(200);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      "content-type": "application/json",
      vary: "origin",
    });
    expect(answer.headers.has("access-control-allow-origin")).toBe(false);
    const origin = "https://docs.example.com";
    const toPage = await fetch(`${front.url}/openapi.json`, { headers: { origin } });
    expect(toPage.headers.get("access-control-allow-origin")).toBe(origin);
    const document = (await answer.json()) as typeof reference;
    expect(document).toEqual(JSON.parse(JSON.stringify(reference)));
    expect(document.servers).toEqual([{ url: "https://pay.example.com" }]);
  });
});

describe("CORS for the API reference", () => {
  const none: string[] = [];
  const some = ["https://docs.example.com", "https://tools.example.com"];

  it.each(some)("pages of the configured origin %s may read the API reference", (origin) => {
    expect(corsHeaders(origin, some)).toEqual({ vary: "origin", "access-control-allow-origin": origin });
  });

  it.each([
    undefined,
    "",
    "null",
    "*",
    "https://docs.example.com.evil.example",
    "http://docs.example.com",
    "https://docs.example.com:8443",
    "https://DOCS.example.com",
    some.join(","),
  ])("pages of the origin %s may not read the API reference", (origin) => {
    expect(corsHeaders(origin, some)).toEqual({ vary: "origin" });
    expect(corsHeaders(origin, none)).toEqual({});
  });

  it("no page may read the API reference if no origin is configured", () => {
    for (const origin of some) expect(corsHeaders(origin, none)).toEqual({});
  });
});

describe("the check of answers against the API reference", () => {
  const route = ["GET", "/api/v1/payment/query/UNI1"] as const;
  const json = { "content-type": "application/json", "x-request-id": "1" };
  const refused = { code: 2007, message: "no such order", request_id: "1" };
  const notified = (status: number, headers: Record<string, string>, body: object) =>
    faultsOf(...route, { status, headers, body: JSON.stringify(body) });

  it("an answer that matches the API reference has no faults", () => {
    expect(notified(404, json, refused)).toEqual([]);
  });

  it.each([
    ["another status", 418, json, refused, "no such status"],
    ["a code of another status", 404, json, { ...refused, code: 1005 }, "/code must be equal to one of"],
    ["an unknown field", 404, json, { ...refused, wakeUp: "" }, "unevaluated"],
    ["a missing field", 404, json, { code: 2007, message: "" }, "request_id"],
    ["another content type", 404, { ...json, "content-type": "text/html" }, refused, "text/html is unknown"],
    ["a missing header", 404, { "content-type": "application/json" }, refused, "no header X-Request-Id"],
    ["an unknown header", 404, { ...json, "x-order": "1" }, refused, "x-order is unknown"],
    [
      "data that is no payment",
      200,
      json,
      { code: 0, message: "success", request_id: "1", data: {} },
      "/data must have",
    ],
  ])("an answer with %s is reported as a fault", (_, status, headers, body, why) => {
    expect(notified(status, headers, body).join()).toContain(why);
  });

  it("an answer that does not match the API reference fails the running test", async () => {
    const { holdAnswer } = await import("../steps/api-reference.ts");
    holdAnswer(...route, { status: 418, headers: {}, body: "teapot" });
    expect(takeFaults()).toEqual([expect.stringContaining("418: no such status: teapot")]);
  });
});
