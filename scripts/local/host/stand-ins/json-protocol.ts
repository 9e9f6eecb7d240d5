import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** An error as an AWS service with the JSON protocol reports it; its name is the service's error type. */
export class AwsError extends Error {
  constructor(name: string, message: string) {
    super(message);
    this.name = name;
  }
}

/** Operations of one service by name, for example `Decrypt`. */
export type Operations = Readonly<Record<string, (input: unknown) => object>>;

export type StandIn = { url: string; stop(): void };

/** Serves the AWS JSON 1.1 protocol on a free loopback port. Other operations get an UnknownOperationException. */
export async function serveOperations(operations: Operations): Promise<StandIn> {
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const { status, body } = answer(
      operations,
      String(request.headers["x-amz-target"]),
      Buffer.concat(chunks),
    );
    response.writeHead(status, { "content-type": "application/x-amz-json-1.1" }).end(JSON.stringify(body));
  });
  const listening = Promise.withResolvers<void>();
  server.once("error", listening.reject).listen(0, "127.0.0.1", listening.resolve);
  await listening.promise;
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop() {
      server.close();
      server.closeAllConnections();
    },
  };
}

function answer(operations: Operations, target: string, body: Buffer): { status: number; body: object } {
  try {
    const operation = operations[target.split(".")[1] ?? ""];
    if (operation === undefined) {
      throw new AwsError("UnknownOperationException", `${target} is not imitated locally`);
    }
    return { status: 200, body: operation(JSON.parse(body.toString("utf8"))) };
  } catch (error) {
    const isAws = error instanceof AwsError;
    const type = isAws ? error.name : "InternalFailure";
    return {
      status: isAws ? 400 : 500,
      body: { __type: type, message: error instanceof Error ? error.message : String(error) },
    };
  }
}
