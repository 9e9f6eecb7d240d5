import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import { type AddressInfo, type ListenOptions, Server } from "node:net";
import { type FauxqsServer, startFauxqs } from "fauxqs";

/** The region of the local queues. A queue belongs to a region, so clients must use the same one. */
export const localRegion = "ap-southeast-1";

export type QueueServer = {
  readonly endpoint: string;
  /** Origin of `POST /advance?prefix=&ms=` and `GET /queue/<name>`. */
  readonly admin: string;
  stop(): Promise<void>;
};

/**
 * SQS in this process and in memory. A lost message does no harm, because it only wakes up work that the database
 * holds; and with fauxqs's persistence a message whose visibility timeout is set to zero would be lost. The admin port
 * moves time for the queues of one prefix, so that parallel tests do not affect each other.
 */
export async function startQueueServer(): Promise<QueueServer> {
  const sqs = await onLoopbackOnly(() => startFauxqs({ port: 0, logger: false, defaultRegion: localRegion }));
  const endpoint = `http://127.0.0.1:${sqs.port}`;
  const admin = createServer(async (request, response) => {
    const { status, body } = await answer(sqs, endpoint, request).catch((error) => ({
      status: 500,
      body: { error: String(error) },
    }));
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  });
  admin.listen(0, "127.0.0.1");
  await once(admin, "listening");
  return {
    endpoint,
    admin: `http://127.0.0.1:${(admin.address() as AddressInfo).port}`,
    async stop() {
      admin.closeAllConnections();
      admin.close();
      await sqs.stop();
    },
  };
}

/** fauxqs always listens on every interface; its `host` option only changes the URLs it prints. */
async function onLoopbackOnly<T>(start: () => Promise<T>): Promise<T> {
  const { listen } = Server.prototype;
  Server.prototype.listen = function (this: Server, options: ListenOptions, ...rest: unknown[]) {
    const bound = options?.host === "0.0.0.0" ? { ...options, host: "127.0.0.1" } : options;
    return Reflect.apply(listen, this, [bound, ...rest]);
  } as typeof listen;
  try {
    return await start();
  } finally {
    Server.prototype.listen = listen;
  }
}

async function answer(sqs: FauxqsServer, endpoint: string, request: IncomingMessage) {
  const { pathname, searchParams } = new URL(request.url ?? "/", "http://admin");
  if (request.method === "POST" && pathname === "/advance") {
    const prefix = searchParams.get("prefix") ?? "";
    const ms = Number(searchParams.get("ms") ?? Number.NaN);
    if (!Number.isFinite(ms) || ms < 0)
      return { status: 400, body: { error: "ms must be a number, 0 or more" } };
    return { status: 200, body: await advance(sqs, endpoint, prefix, ms) };
  }
  if (request.method === "GET" && pathname.startsWith("/queue/")) {
    const queue = sqs.inspectQueue(decodeURIComponent(pathname.slice("/queue/".length)));
    return { status: queue ? 200 : 404, body: queue ?? { error: "no such queue" } };
  }
  return { status: 404, body: { error: "POST /advance?prefix=&ms= or GET /queue/<name>" } };
}

/** Shortens delays and visibility timeouts by `ms`; returns how many messages it changed. */
async function advance(sqs: FauxqsServer, endpoint: string, prefix: string, ms: number) {
  const listed = (await (await fetch(`${endpoint}/_fauxqs/queues`)).json()) as { name: string }[];
  const queues = listed
    .filter(({ name }) => name.startsWith(prefix))
    .map(({ name }) => sqs.inspectQueue(name));
  const moved = { delayed: 0, in_flight: 0 };
  for (const queue of queues.filter((found) => found !== undefined)) {
    for (const message of queue.messages.delayed) {
      message.delayUntil = (message.delayUntil ?? 0) - ms; // fauxqs's own object; a test fails if it becomes a copy
      moved.delayed++;
    }
    for (const { receiptHandle, visibilityDeadline } of queue.messages.inflight) {
      const leftMs = Math.max(0, visibilityDeadline - ms - Date.now());
      await changeVisibility(endpoint, queue.url, receiptHandle, Math.ceil(leftMs / 1000));
      moved.in_flight++;
    }
  }
  return moved;
}

async function changeVisibility(
  endpoint: string,
  QueueUrl: string,
  ReceiptHandle: string,
  VisibilityTimeout: number,
) {
  await fetch(endpoint, {
    method: "POST",
    headers: {
      "content-type": "application/x-amz-json-1.0",
      "x-amz-target": "AmazonSQS.ChangeMessageVisibility",
    },
    body: JSON.stringify({ QueueUrl, ReceiptHandle, VisibilityTimeout }),
  });
}
