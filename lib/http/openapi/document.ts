import { merchantContracts } from "../../functions.ts";
import { providers } from "../../providers/registry.ts";
import { failureExamples, failureResponses, failureTable } from "./failures.ts";
import { notifications } from "./notifications.ts";
import { merchantOperation, type Operation, securitySchemes } from "./operations.ts";
import { publicOperations } from "./public-routes.ts";
import { jsonSchemas } from "./schemas.ts";

const description = `One payment API over several providers.

- Every answer has the same envelope; \`code\` is 0 or one of those below. Only public routes and requests that API Gateway itself refuses (\`{"message":…}\`) look different. An unknown route is answered with 404 and code 1004.
- Requests are idempotent: repeating one, at once or after a crash, returns the same \`data\`. There is one payment per \`out_trade_no\` and one refund per \`refund_no\`.
- Amounts are sent as numbers or decimal strings and answered as numbers. They are never rounded.
- Times are RFC 3339 in UTC. An unknown field is refused by name; answers may get new fields, which clients must ignore.
- A body is JSON in UTF-8, at most 64 KiB and 32 levels deep, without duplicate names in an object.

${failureTable}
`;

const titles = new Intl.ListFormat("en-GB").format(Object.values(providers).map(({ title }) => title));

const tags = [
  { name: "Payments", description: "Create, query and close payments." },
  { name: "Refunds", description: "Refund payments in full or in part." },
  { name: "Notifications", description: "Signed POST requests to the merchant." },
  { name: "Public", description: "Routes for providers, buyers and monitors; no key needed." },
];

/** The API reference in OpenAPI 3.1, generated from the validating schemas. `publicUrl` is the server's URL. */
export function openApiDocument(publicUrl: string) {
  const schemas = jsonSchemas();
  const failures = failureResponses(schemas);
  const merchants = merchantContracts.map(
    (contract) => [contract.route, merchantOperation(schemas, failures, contract)] as const,
  );
  const operations = [...merchants, ...Object.entries(publicOperations(schemas, failures))];
  const webhooks = notifications(schemas);
  return {
    openapi: "3.1.1",
    info: {
      title: "Uni-Pay",
      version: "1",
      summary: `One payment API over ${titles}`,
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

/** Nests routes such as `GET /health` by path, then method, as OpenAPI requires. */
function pathsOf(operations: readonly (readonly [string, Operation])[]) {
  const paths: Record<string, Record<string, Operation>> = {};
  for (const [route, operation] of operations) {
    const [method = "", path = ""] = route.split(" ");
    paths[path] = { ...paths[path], [method.toLowerCase()]: operation };
  }
  return paths;
}
