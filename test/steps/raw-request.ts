import { request } from "node:http";
import { text } from "node:stream/consumers";

/** A request to the byte: the path as it is written, headers as often as they are listed, a body with any method. */
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
  // Node adds no length to a body of a GET.
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
    const given = answer.headers as Record<string, string>;
    resolve({ status: answer.statusCode ?? 0, headers: given, text: await text(answer) });
  });
  outgoing.end(body);
  return promise;
}
