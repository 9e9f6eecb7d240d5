import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { GatewayError } from "../errors.ts";
import { rawBody } from "./raw-body.ts";

/** Returns the body if its content type is JSON in UTF-8; refuses any other before reading it. */
export function assertJson(event: APIGatewayProxyEventV2): Buffer {
  const problem = whyNotRead(event.headers["content-type"]?.trim() ?? "");
  if (problem === undefined) return rawBody(event);
  const fields = [{ field: "content-type", message: problem }];
  throw new GatewayError("invalid_parameter", problem, { fields });
}

const right = "send content-type: application/json";

/** JSON has no charset parameter (RFC 8259, 11), but many tools send one, and some send another than UTF-8. */
function whyNotRead(type: string): string | undefined {
  const [name = "", ...parameters] = type.split(";").map((part) => part.trim());
  if (name === "") return right;
  // mutation: body-content-type
  if (name.toLowerCase() !== "application/json") return `${right}, not ${shown(name)}`;
  const charsets = parameters.map((part) => /^charset\s*=\s*(["']?)(.*?)\1$/i.exec(part)?.[2]);
  const other = charsets.find(
    (charset) => charset !== undefined && /* mutation: body-charset */ !/^utf-?8$/i.test(charset),
  );
  return other === undefined ? undefined : `${right} and the body in UTF-8, not in ${shown(other)}`;
}

/** The caller's text, truncated, without characters that no content type has. */
function shown(text: string): string {
  return text.replace(/[^\w.+/-]/g, "").slice(0, 40) || "something else";
}
