import { environmentSchema } from "../lib/environment.ts";
import { wrapped } from "../lib/http/endpoint.ts";
import { openApiDocument } from "../lib/http/openapi/document.ts";

const { PUBLIC_URL } = environmentSchema.pick({ PUBLIC_URL: true }).parse(process.env);
const body = JSON.stringify(openApiDocument(PUBLIC_URL));

const headers = {
  "content-type": "application/json",
  "cache-control": "public, max-age=300",
  // A reference viewer on any page may read it.
  "access-control-allow-origin": "*",
};

export const handler = wrapped(async () => ({ statusCode: 200, headers, body }));
