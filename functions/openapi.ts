import { environmentSchema } from "../lib/environment.ts";
import { corsHeaders } from "../lib/http/headers.ts";
import { httpHandler } from "../lib/http/http-handler.ts";
import { openApiDocument } from "../lib/http/openapi/document.ts";

const { PUBLIC_URL, CORS_ORIGINS } = environmentSchema
  .pick({ PUBLIC_URL: true, CORS_ORIGINS: true })
  .parse(process.env);
const body = JSON.stringify(openApiDocument(PUBLIC_URL));

const fixed = { "content-type": "application/json", "cache-control": "public, max-age=300" };

export const handler = httpHandler(async ({ headers }) => ({
  statusCode: 200,
  headers: { ...fixed, ...corsHeaders(headers.origin, CORS_ORIGINS) },
  body,
}));
