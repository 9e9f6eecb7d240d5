import {
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  type SendMessageBatchCommandInput,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { mockClient } from "aws-sdk-client-mock";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { secondsAfter } from "../../lib/clock.ts";
import { insideTransaction } from "../../lib/invocation.ts";
import { hopSeconds, type Message, sqsClient, wakeUpQueue } from "../../lib/queue/wake-up-queue.ts";
import { freePort } from "../../scripts/local/services/free-port.ts";
import { startSilentServer } from "../steps/silent-server.ts";

const now = new Date("2026-05-06T07:08:09.123Z");
const clock = { now: () => now };
const endpoint = () => process.env.SQS_ENDPOINT!;
const message = (n: number, due = now): Message => ({ body: { task: String(n) }, due, group: "7" });

describe("the delay of a wake-up", () => {
  it.each([
    [-5_000, 0],
    [0, 0],
    [1, 1],
    [999, 1],
    [1_000, 1],
    [1_001, 2],
    [899_001, 900],
    [900_000, 900],
    [900_001, 900],
    [1_800_000, 900],
    [86_400_000, 900],
  ])(
    "a wake-up due in %d ms is delayed by %d s: never too little, never more than SQS accepts",
    (ms, seconds) => {
      expect(hopSeconds(new Date(now.getTime() + ms), now)).toBe(seconds);
    },
  );
});

describe("the wake-up queue", () => {
  const name = () => `${process.env.QUEUE_PREFIX}wake-ups`;
  const url = () => `${endpoint()}/000000000000/${name()}`;
  const watcher = () => new SQSClient({ endpoint: endpoint() });
  let client: SQSClient;

  beforeAll(async () => {
    process.env.AWS_ENDPOINT_URL_SQS = endpoint();
    client = sqsClient();
    await watcher().send(new CreateQueueCommand({ QueueName: name() }));
  });
  afterAll(() => client.destroy());

  async function receiveAll(): Promise<number[]> {
    const found: number[] = [];
    for (;;) {
      const receive = new ReceiveMessageCommand({ QueueUrl: url(), MaxNumberOfMessages: 10 });
      const { Messages = [] } = await watcher().send(receive);
      if (Messages.length === 0) return found;
      found.push(...Messages.map(({ Body }) => Number(JSON.parse(Body!).task)));
      const Entries = Messages.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }));
      await watcher().send(new DeleteMessageBatchCommand({ QueueUrl: url(), Entries }));
    }
  }

  it("the wake-up queue accepts any number of messages", async () => {
    const queue = wakeUpQueue(url(), client, clock);
    expect(await queue.sendAll(Array.from({ length: 23 }, (_, n) => message(n)))).toEqual([]);
    await queue.send(message(23));
    expect((await receiveAll()).sort((one, other) => one - other)).toEqual([...Array(24).keys()]);
  });

  it("a message due in hours is delayed by the maximum of SQS", async () => {
    const queue = wakeUpQueue(url(), client, clock);
    await queue.send(message(1, secondsAfter(now, 7_200)));
    expect(await queue.sendAll([message(2, secondsAfter(now, 7_200))])).toEqual([]);
    const { messages } = (await (await fetch(`${process.env.SQS_ADMIN}/queue/${name()}`)).json()) as {
      messages: { delayed: { delayUntil: number }[] };
    };
    expect(messages.delayed).toHaveLength(2);
    for (const { delayUntil } of messages.delayed)
      expect(delayUntil - Date.now()).toBeLessThanOrEqual(900_000);
  });

  it("messages are sent in tens in the merchant's group, and exactly those that AWS refused are returned", async () => {
    const aws = mockClient(SQSClient);
    const batches: number[] = [];
    const groups = new Set<string | undefined>();
    aws.on(SendMessageBatchCommand).callsFake(({ Entries = [] }: SendMessageBatchCommandInput) => {
      batches.push(Entries.length);
      for (const { MessageGroupId } of Entries) groups.add(MessageGroupId);
      const failed = Entries.filter(({ MessageBody }) => Number(JSON.parse(MessageBody!).task) % 7 === 3);
      return { Failed: failed.map(({ Id }) => ({ Id, Code: "InternalError", SenderFault: false })) };
    });
    const unsent = await wakeUpQueue(url(), sqsClient(), clock).sendAll(
      Array.from({ length: 25 }, (_, n) => message(n)),
    );
    aws.restore();
    expect(batches).toEqual([10, 10, 5]);
    expect([...groups]).toEqual(["7"]);
    expect(unsent.map(({ body }) => body.task)).toEqual(["3", "10", "17", "24"]);
  });

  it("the wake-up queue is never called inside a transaction", async () => {
    const queue = wakeUpQueue(url(), client, clock);
    await expect(insideTransaction(() => queue.send(message(1)))).rejects.toThrow(
      /inside a database transaction/,
    );
    await expect(insideTransaction(() => queue.sendAll([message(1)]))).rejects.toThrow(
      /inside a database transaction/,
    );
  });

  it("an unreachable wake-up queue takes nothing, throws nothing, and is called once for many messages", async () => {
    const gone = `http://127.0.0.1:${await freePort()}/000000000000/gone`;
    process.env.AWS_ENDPOINT_URL_SQS = new URL(gone).origin;
    const queue = wakeUpQueue(gone, sqsClient(), clock);
    const messages = Array.from({ length: 25 }, (_, n) => message(n));
    await queue.send(message(1));
    expect(await queue.sendAll(messages)).toEqual(messages);
    expect(await queue.reachable()).toBe(false);
  });

  it("a silent wake-up queue is given up after a second, once for many messages", async () => {
    const silent = await startSilentServer();
    process.env.AWS_ENDPOINT_URL_SQS = silent.url;
    const queue = wakeUpQueue(`${silent.url}/000000000000/silent`, sqsClient(), clock);
    const messages = Array.from({ length: 100 }, (_, n) => message(n));
    expect(await queue.sendAll(messages)).toEqual(messages);
    expect(silent.connections()).toBe(1);
    silent.stop();
  });
});
