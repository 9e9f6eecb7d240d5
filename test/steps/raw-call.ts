import type { ApiAnswer } from "./api.ts";
import type { World } from "./world.ts";

export type RawCall = {
  method?: string;
  path?: string;
  headers: Record<string, string>;
  body?: string | Buffer<ArrayBuffer>;
};

/** Sends a request as it is, without added headers; by default to the create route. */
export async function rawCall(
  world: World,
  { method = "POST", path = "/api/v1/payment/create", headers, body }: RawCall,
): Promise<ApiAnswer> {
  const answer = await fetch(`${world.front.url}${path}`, {
    method,
    headers,
    // A Blob keeps fetch from adding a content-type.
    ...(body !== undefined && { body: new Blob([body]) }),
  });
  const envelope = (await answer.json()) as Omit<ApiAnswer, "status" | "headers">;
  return { status: answer.status, headers: answer.headers, ...envelope };
}
