import { request as httpRequest } from "node:http";

export type Outgoing = {
  method: "GET" | "POST";
  url: string;
  headers?: Record<string, string>;
  body?: string;
  /** The whole exchange, in real milliseconds. */
  timeoutMs: number;
};

export type Incoming = { status: number; body: string };

const loopback = new Set(["127.0.0.1", "localhost", "[::1]"]);
const maxAnswerBytes = 1024 * 1024;

/** One HTTP exchange, on loopback only and without following redirects. Throws when there is no answer. */
export async function request({ method, url, headers = {}, body, timeoutMs }: Outgoing): Promise<Incoming> {
  const target = new URL(url);
  if (target.protocol !== "http:" || !loopback.has(target.hostname)) {
    throw new Error(`${target.origin} is not on this machine: the sandbox calls http on loopback only`);
  }
  return new Promise((resolve, reject) => {
    const sent = httpRequest(
      target,
      { method, headers: { ...headers, "content-length": Buffer.byteLength(body ?? "") } },
      (answer) => {
        const chunks: Buffer[] = [];
        let bytes = 0;
        answer.on("data", (chunk: Buffer) => {
          bytes += chunk.length;
          if (bytes > maxAnswerBytes) sent.destroy(new Error(`answer larger than ${maxAnswerBytes} bytes`));
          chunks.push(chunk);
        });
        answer.on("error", reject);
        answer.on("close", () => clearTimeout(timer));
        answer.on("end", () =>
          resolve({ status: answer.statusCode ?? 0, body: Buffer.concat(chunks).toString("utf8") }),
        );
      },
    );
    const timer = setTimeout(() => sent.destroy(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
    sent.on("error", (error) => {
      clearTimeout(timer);
      reject(error);
    });
    sent.end(body);
  });
}
