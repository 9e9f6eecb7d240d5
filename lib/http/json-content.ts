import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { GatewayError } from "../errors.ts";
import { rawBody } from "./raw-body.ts";

/** Only JSON is read; a body of another type is refused before it is looked at. */
export function assertJson(event: APIGatewayProxyEventV2): Buffer {
  const type = event.headers["content-type"] ?? "";
  // mutation: body-content-type
  if (!/^application\/json\s*(;\s*charset="?utf-8"?\s*)?$/i.test(type)) {
    const message = "send content-type: application/json";
    throw new GatewayError("invalid_parameter", message, { fields: [{ field: "content-type", message }] });
  }
  return rawBody(event);
}
