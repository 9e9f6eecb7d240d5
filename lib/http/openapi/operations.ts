import type { Failure } from "../../errors.ts";
import type { Contract } from "../contract.ts";
import { exampleRequestId, success } from "./envelope.ts";
import type { FailureResponses } from "./failures.ts";
import { rateLimitHeaders, requestIdHeader } from "./headers.ts";
import type { JsonSchema, JsonSchemas } from "./schemas.ts";

export type Operation = {
  operationId: string;
  tags: string[];
  summary: string;
  description?: string;
  security: Record<string, string[]>[];
  parameters: {
    name: string;
    in: string;
    required: boolean;
    description?: string;
    schema: JsonSchema;
    example?: unknown;
  }[];
  requestBody?: { required: boolean; content: Record<string, { schema: JsonSchema; example?: unknown }> };
  responses: Record<string, object>;
};

/** Failures that every route of the merchant API has. */
const always: readonly Failure[] = [
  "invalid_parameter",
  "unauthorised",
  "forbidden",
  "too_many_requests",
  "internal",
  "unavailable",
];

export const securitySchemes = {
  apiKey: {
    type: "apiKey",
    in: "header",
    name: "X-API-Key",
    description: "`ak_…`. Each route lists the scope that it needs: create, query, refund or notify.",
  },
};

/** The OpenAPI operation of a route of the merchant API, generated from its contract. */
export function merchantOperation(
  schemas: JsonSchemas,
  failures: FailureResponses,
  contract: Contract,
): Operation {
  const { input, answer } = contract.example;
  const { properties = {}, required = [], ...object } = schemas.of(contract.input);
  const inPath = new Set(pathNames(contract.route));
  const where = (name: string) => (inPath.has(name) ? "path" : contract.from);
  const split = Object.groupBy(Object.keys(properties), (name) =>
    where(name) === "body" ? "body" : "parameter",
  );
  const answered = (data: JsonSchema) => ({
    description: "Success.",
    headers: { ...requestIdHeader, ...rateLimitHeaders },
    content: {
      "application/json": {
        schema: {
          allOf: [schemas.of(success), { type: "object", properties: { data }, required: ["data"] }],
        },
        example: { code: 0, message: "success", data: answer, request_id: exampleRequestId },
      },
    },
  });
  const bodyOf = (names: readonly string[]) => {
    const needed = required.filter((name) => names.includes(name));
    const schema = {
      ...object,
      properties: pick(properties, names),
      ...(needed.length > 0 && { required: needed }),
    };
    return {
      required: !contract.mayBeBodyless,
      content: { "application/json": { schema, example: pick(input, names) } },
    };
  };
  return {
    operationId: contract.operationId,
    tags: [contract.tag],
    summary: contract.summary,
    security: [{ apiKey: [contract.scope] }],
    parameters: (split.parameter ?? []).map((name) => ({
      name,
      in: where(name),
      required: inPath.has(name) || required.includes(name),
      ...described(properties[name]),
      ...(input[name] !== undefined && { example: input[name] }),
    })),
    ...(split.body && { requestBody: bodyOf(split.body) }),
    responses: {
      200: answered(schemas.of(contract.answer)),
      ...failures.of([...always, ...contract.failures]),
    },
  };
}

/** The names of a route's path variables. */
export function pathNames(route: string): string[] {
  return [...route.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!);
}

function described(schema: JsonSchema | boolean | undefined) {
  const { description, ...rest } = typeof schema === "object" ? schema : {};
  return { ...(description !== undefined && { description }), schema: rest };
}

function pick<Value>(from: Readonly<Record<string, Value>>, names: readonly string[]): Record<string, Value> {
  return Object.fromEntries(Object.entries(from).filter(([name]) => names.includes(name)));
}
