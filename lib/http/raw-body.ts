import type { APIGatewayProxyEventV2 } from "aws-lambda";

type Body = Pick<APIGatewayProxyEventV2, "body" | "isBase64Encoded">;

/** The bytes as they were sent: API Gateway encodes everything that it does not take for text. */
export function rawBody({ body, isBase64Encoded }: Body): Buffer {
  return Buffer.from(body ?? "", isBase64Encoded ? "base64" : "utf8");
}
