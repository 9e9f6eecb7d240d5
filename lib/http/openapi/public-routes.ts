import type { Failure } from "../../errors.ts";
import { providers } from "../../providers/registry.ts";
import { healthAnswer } from "../health-answer.ts";
import { routes, webhookRoute } from "../routes.ts";
import type { FailureResponses, Refusal } from "./failures.ts";
import { requestIdHeader } from "./headers.ts";
import { type Operation, pathNames } from "./operations.ts";
import type { JsonSchemas } from "./schemas.ts";

const always: readonly Failure[] = ["internal", "unavailable"];
const hookFailures: readonly Failure[] = [
  "notification_malformed",
  "notification_refused",
  "too_many_requests",
  "create_not_accepted",
];

type Failing = (own: readonly Failure[], refusal?: Refusal) => Operation["responses"];

/** Operations by route that need no key: for providers, buyers and monitors. */
export function publicOperations(
  schemas: JsonSchemas,
  failures: FailureResponses,
): Record<string, Operation> {
  const failing: Failing = (own, refusal) => failures.of([...own, ...always], refusal);
  const hooks = Object.keys(providers).map((name) => [webhookRoute(name), providerWebhook(name, failing)]);
  const health = schemas.of(healthAnswer);
  return {
    ...Object.fromEntries(hooks),
    [routes.paymentReturn]: {
      ...open(routes.paymentReturn, "Where a provider sends the buyer back to"),
      description:
        "Fetches the payment from the provider, for at most 3 seconds; ignores everything in the query.",
      responses: {
        200: {
          description: "A plain page, if the order has no `return_url`.",
          headers: requestIdHeader,
          content: { "text/html": { schema: { type: "string" } } },
        },
        302: {
          description: "Redirect to the merchant's `return_url`, with `order_no` in its query.",
          headers: {
            ...requestIdHeader,
            Location: { required: true, schema: { type: "string", format: "uri" } },
          },
        },
        ...failing(["order_not_found"]),
      },
    },
    [routes.health]: {
      ...open(routes.health, "Whether the gateway is up"),
      parameters: [
        {
          name: "deep",
          in: "query",
          required: false,
          description: "`1` checks database, cache and queue too; the result is cached for 10 seconds.",
          schema: { type: "string", enum: ["1"] },
        },
      ],
      responses: {
        200: json("Up.", health, { status: "ok" }),
        503: json("A part does not answer.", health, {
          status: "unavailable",
          database: false,
          cache: true,
          queue: true,
        }),
        ...failures.of(["internal"]),
      },
    },
    [routes.openApi]: {
      ...open(routes.openApi, "This document"),
      responses: { 200: json("OpenAPI 3.1.", { type: "object", required: ["openapi"] }) },
    },
  };
}

function providerWebhook(provider: string, failing: Failing): Operation {
  const { acknowledgement, refusal } = providers[provider]!;
  const { status, contentType, body } = acknowledgement;
  const example = contentType === "application/json" ? JSON.parse(body) : body;
  const schema = contentType === "application/json" ? { type: "object" } : { type: "string" };
  return {
    ...open(webhookRoute(provider), `Where ${provider} posts its webhooks`, `${provider}Webhook`),
    description:
      "Authenticated by the provider's signature over the raw bytes; acknowledged after its events are committed.",
    requestBody: { required: true, content: { "*/*": { schema: {} } } },
    responses: {
      [status]: {
        description: "Committed, or an event that does not concern the gateway.",
        headers: requestIdHeader,
        ...(contentType && {
          content: { [contentType]: { schema: { ...schema, const: example }, example } },
        }),
      },
      ...failing(hookFailures, refusal),
    },
  };
}

const variables: Record<string, string> = {
  config_id: "Id of the merchant's config at this provider.",
  provider: "Who took the money.",
  order_no: "The gateway's number of the payment.",
};

/** An operation without a key. Its name is the route's key in `routes`, unless it has another. */
function open(
  route: string,
  summary: string,
  operationId = Object.entries(routes).find(([, path]) => path === route)![0],
): Operation {
  const parameters = pathNames(route).map((name) => ({
    name,
    in: "path",
    required: true,
    ...(variables[name] && { description: variables[name] }),
    schema: { type: "string" } as const,
  }));
  return { operationId, tags: ["Public"], summary, security: [], parameters, responses: {} };
}

function json(description: string, schema: object, example?: object) {
  return {
    description,
    headers: requestIdHeader,
    content: { "application/json": { schema, ...(example && { example }) } },
  };
}
