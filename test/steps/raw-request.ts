import { request } from "node:http";
import { text } from "node:stream/consumers";

/** A request that is not normalised: the path as written, repeated headers, a body with any method. */
export type RawRequest = {
  method?: string;
  path: string;
  headers?: Record<string, string | string[]>;
  body?: string | Buffer;
};

export type RawAnswer = { status: number; headers: Record<string, string>; text: string };

export async function rawRequest(
  world: { front: { url: string } },
  { method = "GET", path, headers = {}, body }: RawRequest,
): Promise<RawAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<RawAnswer>();
  const { hostname, port } = new URL(world.front.url);
  // Node adds no Content-Length to the body of a GET.
  const length = body === undefined ? {} : { "content-length": String(Buffer.byteLength(body)) };
  const outgoing = request({
    hostname,
    port,
    method,
    path,
    headers: { ...length, ...headers },
    agent: false,
  });
  outgoing.once("error", reject);
  outgoing.once("response", async (answer) => {
    const provided = answer.headers as Record<string, string>;
    resolve({ status: answer.statusCode ?? 0, headers: provided, text: await text(answer) });
  });
  outgoing.end(body);
  return promise;
}
