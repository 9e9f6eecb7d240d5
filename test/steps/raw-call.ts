import type { ApiAnswer } from "./api.ts";
import type { World } from "./world.ts";

export type RawCall = {
  method?: string;
  path?: string;
  headers: Record<string, string>;
  body?: string | Buffer<ArrayBuffer>;
};

/** Any request at all, by default a create; nothing is added to it. */
export async function rawCall(
  world: World,
  { method = "POST", path = "/api/v1/payment/create", headers, body }: RawCall,
): Promise<ApiAnswer> {
  const answer = await fetch(`${world.front.url}${path}`, {
    method,
    headers,
    // A Blob adds no content-type of its own.
    ...(body !== undefined && { body: new Blob([body]) }),
  });
  const envelope = (await answer.json()) as Omit<ApiAnswer, "status" | "headers">;
  return { status: answer.status, headers: answer.headers, ...envelope };
}
