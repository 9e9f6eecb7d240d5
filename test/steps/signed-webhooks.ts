import type { World } from "./world.ts";

export type Bytes = string | Buffer<ArrayBuffer>;
export type SignedCall<Body extends Bytes = string> = { body: Body; headers: Record<string, string> };

/** Posts a webhook as a provider does and returns the response. */
export async function postWebhook(
  world: World,
  path: string,
  { body, headers }: SignedCall<Bytes>,
): Promise<{ status: number; body: string }> {
  const url = `${world.front.url}/api/v1/public/notify/${path}`;
  const answer = await fetch(url, { method: "POST", headers, body });
  return { status: answer.status, body: await answer.text() };
}
