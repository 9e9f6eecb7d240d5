import {
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { functions } from "../../lib/functions.ts";
import { type Invoke, invoke } from "./front.ts";

export type TestQueues = {
  notifyUrl: string;
  recheckUrl: string;
  /** Hands every message that is due to its function, until none is left. */
  drain(): Promise<number>;
  /** Makes delayed messages due as if this much time had passed. */
  advance(ms: number): Promise<void>;
  /** Messages that wait for their delay, by queue. */
  delayed(): Promise<{ notify: number; recheck: number }>;
  /** Loses every message that is due now. */
  lose(): Promise<number>;
  /** A function's messages that are due, for the test's own hand; what it does not remove comes again after 180 s. */
  receive(entry: string): Promise<Received[]>;
};

export type Received = { record: { messageId: string; body: string }; remove(): Promise<void> };

/** The two delay queues on the real queue server, emptied by the test's own hand instead of an event source. */
export async function openQueues(run: Invoke = invoke): Promise<TestQueues> {
  const endpoint = process.env.SQS_ENDPOINT!;
  const prefix = process.env.QUEUE_PREFIX!;
  const client = new SQSClient({ endpoint });
  const url = (name: string) => `${endpoint}/000000000000/${prefix}${name}`;
  for (const name of ["notify", "recheck"]) {
    const Attributes = { VisibilityTimeout: "180" };
    await client.send(new CreateQueueCommand({ QueueName: prefix + name, Attributes }));
  }
  const consumers = functions.flatMap(({ entry, queue }) =>
    queue ? [{ entry, QueueUrl: url(queue.name) }] : [],
  );

  async function receive(QueueUrl: string) {
    const { Messages = [] } = await client.send(
      new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }),
    );
    return Messages;
  }

  async function drainOne(entry: string, QueueUrl: string): Promise<number> {
    const messages = await receive(QueueUrl);
    if (messages.length === 0) return 0;
    const Records = messages.map(({ MessageId, Body }) => ({ messageId: MessageId, body: Body }));
    const { batchItemFailures } = (await run(entry, { Records })) as { batchItemFailures: unknown[] };
    if (batchItemFailures.length > 0)
      throw new Error(`${entry} failed on ${JSON.stringify(batchItemFailures)}`);
    for (const { ReceiptHandle } of messages)
      await client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
    return messages.length;
  }

  const count = async (QueueUrl: string) => {
    const AttributeNames = ["ApproximateNumberOfMessagesDelayed" as const];
    const { Attributes } = await client.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames }));
    return Number(Attributes?.ApproximateNumberOfMessagesDelayed);
  };

  return {
    notifyUrl: url("notify"),
    recheckUrl: url("recheck"),
    async drain() {
      let total = 0;
      for (let round = -1; round !== 0; total += round) {
        round = 0;
        for (const { entry, QueueUrl } of consumers) round += await drainOne(entry, QueueUrl);
      }
      return total;
    },
    async advance(ms) {
      await fetch(`${process.env.SQS_ADMIN}/advance?prefix=${prefix}&ms=${ms}`, { method: "POST" });
    },
    delayed: async () => ({ notify: await count(url("notify")), recheck: await count(url("recheck")) }),
    async lose() {
      let lost = 0;
      for (const { QueueUrl } of consumers) {
        for (
          let messages = await receive(QueueUrl);
          messages.length > 0;
          messages = await receive(QueueUrl)
        ) {
          for (const { ReceiptHandle } of messages)
            await client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
          lost += messages.length;
        }
      }
      return lost;
    },
    async receive(entry) {
      const { QueueUrl } = consumers.find((consumer) => consumer.entry === entry)!;
      return (await receive(QueueUrl)).map(({ MessageId = "", Body = "", ReceiptHandle }) => ({
        record: { messageId: MessageId, body: Body },
        async remove() {
          await client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
        },
      }));
    },
  };
}
