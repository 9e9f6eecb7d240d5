import {
  CreateQueueCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  localRegion,
  type QueueServer,
  startQueueServer,
} from "../../scripts/local/services/queue-server.ts";
import { reachable } from "./reachable.ts";

describe("local queues", () => {
  let server: QueueServer;
  let sqs: SQSClient;

  beforeAll(async () => {
    server = await startQueueServer();
    sqs = new SQSClient({ endpoint: server.endpoint, region: localRegion, useQueueUrlAsEndpoint: false });
  });
  afterAll(async () => {
    sqs?.destroy();
    await server?.stop();
  });

  async function queue(name: string): Promise<string> {
    const { QueueUrl = "" } = await sqs.send(new CreateQueueCommand({ QueueName: name }));
    return QueueUrl;
  }

  async function received(QueueUrl: string): Promise<(string | undefined)[]> {
    const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, VisibilityTimeout: 60 }));
    return Messages.map(({ Body }) => Body);
  }

  function advance(prefix: string, ms: number): Promise<Response> {
    return fetch(`${server.admin}/advance?prefix=${prefix}&ms=${ms}`, { method: "POST" });
  }

  it("the queue server moves delays and visibility timeouts of the queues with the prefix only", async () => {
    const [ours, theirs] = [await queue("ours-notify"), await queue("theirs-notify")];
    for (const QueueUrl of [ours, theirs]) {
      await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "wakeUp", DelaySeconds: 900 }));
    }
    await advance("ours-", 899_000);
    expect(await received(ours)).toEqual([]);
    await advance("ours-", 1_000);
    expect(await received(ours)).toEqual(["wakeUp"]);
    expect(await received(ours)).toEqual([]);
    await advance("ours-", 60_000);
    expect(await received(ours)).toEqual(["wakeUp"]);
    expect(await received(theirs)).toEqual([]);
  });

  it("moving time wakes a consumer that waits for a delayed message", async () => {
    const QueueUrl = await queue("waiting-notify");
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "wakeUp", DelaySeconds: 900 }));
    const waiting = sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 15 }));
    await advance("waiting-", 900_000);
    expect((await waiting).Messages).toHaveLength(1);
  });

  it("the queue server shows a queue's content and refuses an invalid time", async () => {
    const QueueUrl = await queue("shown-notify");
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "wakeUp" }));
    const shown = await (await fetch(`${server.admin}/queue/shown-notify`)).json();
    expect(shown).toMatchObject({ name: "shown-notify", messages: { ready: [{ body: "wakeUp" }] } });
    expect((await fetch(`${server.admin}/queue/unknown`)).status).toBe(404);
    expect((await advance("shown-", Number.NaN)).status).toBe(400);
  });

  it("the local queues are reachable from this machine only", async () => {
    for (const port of [server.endpoint, server.admin].map((url) => Number(new URL(url).port))) {
      expect(await reachable("127.0.0.1", port)).toBe(true);
      expect(await reachable("127.0.0.2", port)).toBe(false);
    }
  });
});
