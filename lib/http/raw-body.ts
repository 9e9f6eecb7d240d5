import type { APIGatewayProxyEventV2 } from "aws-lambda";

type Body = Pick<APIGatewayProxyEventV2, "body" | "isBase64Encoded">;

/** The body's original bytes: API Gateway passes text as is and encodes everything else in base64. */
export function rawBody({ body, isBase64Encoded }: Body): Buffer {
  return Buffer.from(body ?? "", isBase64Encoded ? "base64" : "utf8");
}
