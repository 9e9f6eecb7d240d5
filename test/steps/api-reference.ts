import { functions } from "../../lib/functions.ts";
import { openApiDocument } from "../../lib/http/openapi/document.ts";
import { createRouteTable } from "../../scripts/local/host/route-table.ts";
import { closedSchemas } from "./closed-schemas.ts";
import { fault } from "./faults.ts";

export type HeldAnswer = {
  status: number;
  headers: Record<string, string | string[]>;
  body: string | Buffer;
};

type Header = { required?: boolean; schema: object };
type Response = { headers?: Record<string, Header>; content?: Record<string, { schema: object }> };

export const reference = openApiDocument("https://pay.example.com");
const judgeOf = closedSchemas(reference);
const match = createRouteTable(
  functions.flatMap(({ routes = [] }) => routes.map((key) => ({ key, target: key }))),
);

/** Headers of HTTP, browsers and API Gateway, which the API reference does not list. */
const plain =
  /^(content-.*|cache-control|referrer-policy|strict-transport-security|x-content-type-options|vary|access-control-.*|apigw-.*|date|connection|keep-alive|transfer-encoding)$/;

/** Fails the current test unless the API reference describes this response. */
export function holdAnswer(method: string, path: string, answer: HeldAnswer | undefined): void {
  for (const wrong of answer ? faultsOf(method, path, answer) : ["not an HTTP answer"]) {
    fault(`API reference, ${method} ${path}, ${answer?.status}: ${wrong}: ${answer?.body}`);
  }
}

/** How a response differs from the API reference; empty if it conforms. */
export function faultsOf(method: string, path: string, { status, headers, body }: HeldAnswer): string[] {
  const response = responseTo(method, path, status);
  if (response === undefined) return ["no such status"];
  return [
    ...headerFaults(response, headers),
    ...bodyFaults(response, String(headers["content-type"]), String(body)),
  ];
}

function responseTo(method: string, path: string, status: number): Response | undefined {
  const key = keyOf(method, path);
  if (key === "$default") return status === 404 ? reference.components.responses.not_found : undefined;
  const found: ({ $ref?: string } & Response) | undefined = operationOf(key)?.responses[status];
  const name = found?.$ref?.split("/").at(-1);
  return name === undefined ? found : reference.components.responses[name];
}

function keyOf(method: string, path: string): string {
  return match(method, path.split("?")[0]!)!.route.key;
}

/** The operation that the API reference lists for a route such as `GET /health`. */
export function operationOf(route: string) {
  const [method = "", path = ""] = route.split(" ");
  return reference.paths[path]?.[method.toLowerCase()];
}

function headerFaults({ headers: existing = {} }: Response, provided: HeldAnswer["headers"]): string[] {
  const existingNames = Object.keys(existing).map((name) => name.toLowerCase());
  const malformed = Object.keys(provided).filter(
    (name) => !plain.test(name) && !existingNames.includes(name),
  );
  const wrong = Object.entries(existing).flatMap(([name, { required, schema }]) => {
    const value = provided[name.toLowerCase()];
    if (value === undefined) return required ? [`no header ${name}`] : [];
    const why = judgeOf(schema)("type" in schema && schema.type === "integer" ? Number(value) : value);
    return why === null ? [] : [`header ${name} ${why}`];
  });
  return [...malformed.map((name) => `header ${name} is unknown`), ...wrong];
}

function bodyFaults({ content }: Response, contentType: string, body: string): string[] {
  if (content === undefined) return body === "" ? [] : ["the body must be empty"];
  const type = contentType.split(";")[0]!;
  const { schema } = content[type] ?? {};
  if (schema === undefined) return [`content-type ${type} is unknown`];
  const why = judgeOf(schema)(type === "application/json" ? JSON.parse(body) : body);
  return why === null ? [] : [why];
}

/** Fails the current test unless the API reference allows this request body, which the gateway has accepted. */
export function holdRequest(method: string, path: string, body: unknown): void {
  const schema = operationOf(keyOf(method, path))?.requestBody?.content["application/json"]?.schema;
  if (schema === undefined || body === undefined) return;
  const why = judgeOf(schema)(typeof body === "string" ? JSON.parse(body) : body);
  if (why !== null) fault(`API reference, body of ${method} ${path}: ${why}: ${JSON.stringify(body)}`);
}

/** Fails the current test unless the API reference describes this notification and its headers. */
export function holdNotification({ headers, body }: { headers: Record<string, string>; body: string }): void {
  const notified = JSON.parse(body) as { event: string };
  const { post } = reference.webhooks[notified.event.startsWith("refund.") ? "refund" : "payment"];
  const missing = post.parameters.filter(({ name }) => headers[name] === undefined);
  const why = judgeOf(post.requestBody.content["application/json"].schema)(notified);
  for (const { name } of missing) fault(`API reference, ${notified.event}: no header ${name}`);
  if (why !== null) fault(`API reference, ${notified.event}: ${why}: ${body}`);
}
