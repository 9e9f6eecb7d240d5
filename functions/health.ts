import { notFound } from "../lib/http/envelope.ts";
import { healthAnswer } from "../lib/http/health-answer.ts";
import { httpHandler } from "../lib/http/http-handler.ts";
import { routes } from "../lib/http/routes.ts";
import { openGateway } from "../lib/open-gateway.ts";

export const handler = httpHandler(async ({ routeKey, queryStringParameters }) => {
  if (routeKey !== routes.health) throw notFound();
  const health = queryStringParameters?.deep === "1" ? await openGateway().health() : { status: "ok" };
  const statusCode = health.status === "ok" ? 200 : 503;
  const body = JSON.stringify(healthAnswer.parse(health));
  return { statusCode, headers: { "content-type": "application/json" }, body };
});
