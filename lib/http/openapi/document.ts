import { failureExamples, failureResponses, failureTable } from "./failures.ts";
import { merchantRoutes } from "./merchant-routes.ts";
import { notifications } from "./notifications.ts";
import { merchantOperation, type Operation, securitySchemes } from "./operations.ts";
import { publicOperations } from "./public-routes.ts";
import { jsonSchemas } from "./schemas.ts";

const description = `One payment API over several providers.

- Every answer is one envelope; \`code\` is 0, or one of those below. Only the public routes, and what API Gateway refuses by itself (\`{"message":…}\`), look different. A route that does not exist is 404 with 1004.
- The same request sent again, at once or after a crash, gives the same \`data\`: one payment for each \`out_trade_no\`, one refund for each \`refund_no\`.
- Amounts are sent as numbers or decimal strings and answered as numbers. They are never rounded.
- Times are RFC 3339 in UTC. An unknown field is refused by name; answers may get further fields.
- A body is JSON in UTF-8, of at most 64 KiB and 32 levels, with no name twice in one object.

${failureTable}
`;

const tags = [
  { name: "Payments", description: "Create, watch and close payments." },
  { name: "Refunds", description: "Give all or a part of a payment back." },
  { name: "Notifications", description: "How a merchant is told." },
  { name: "Public", description: "What providers, buyers and monitors call, without a key." },
];

/** The API reference, OpenAPI 3.1, made from the schemas that validate. `publicUrl`: where the API is reached. */
export function openApiDocument(publicUrl: string) {
  const schemas = jsonSchemas();
  const failures = failureResponses(schemas);
  const merchants = merchantRoutes.map(
    (route) => [route.contract.route, merchantOperation(schemas, failures, route)] as const,
  );
  const operations = [...merchants, ...Object.entries(publicOperations(schemas, failures))];
  const webhooks = notifications(schemas);
  return {
    openapi: "3.1.1",
    info: {
      title: "Uni-Pay",
      version: "1",
      summary: "One payment API over Alipay, WeChat Pay, Stripe and PayPal",
      description,
      license: { name: "MIT", identifier: "MIT" },
    },
    jsonSchemaDialect: "https://json-schema.org/draft/2020-12/schema",
    servers: [{ url: publicUrl }],
    tags,
    paths: pathsOf(operations),
    webhooks,
    components: {
      securitySchemes,
      schemas: schemas.named,
      responses: failures.named,
      examples: failureExamples,
    },
  };
}

/** Routes such as `GET /health` as OpenAPI nests them. */
function pathsOf(operations: readonly (readonly [string, Operation])[]) {
  const paths: Record<string, Record<string, Operation>> = {};
  for (const [route, operation] of operations) {
    const [method = "", path = ""] = route.split(" ");
    paths[path] = { ...paths[path], [method.toLowerCase()]: operation };
  }
  return paths;
}
