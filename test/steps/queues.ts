import {
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import type { SQSBatchResponse } from "aws-lambda";
import { functions } from "../../lib/functions.ts";
import { type Invoke, invoke } from "./front.ts";

export type TestQueues = {
  notifyUrl: string;
  pollUrl: string;
  /** Passes every due message to its function until no message is due. */
  drain(): Promise<number>;
  /** Passes every due message to its function once; a failed message returns after its visibility time-out. */
  tryOnce(): Promise<{ received: number; failed: number }>;
  /** The number of messages in each dead-letter queue. */
  dead(): Promise<{ notify: number; poll: number }>;
  /** Moves messages from the dead-letter queues back to their queues, as an operator does in the console. */
  redrive(): Promise<number>;
  /** Advances the queue server's clock, which makes delayed messages due. */
  advance(ms: number): Promise<void>;
  /** The number of delayed messages in each queue. */
  delayed(): Promise<{ notify: number; poll: number }>;
  /** Deletes every due message; returns their number. */
  lose(): Promise<number>;
  /** Receives a function's due messages for the test; a message that it does not remove returns after 180 s. */
  receive(entry: string): Promise<Received[]>;
};

export type Received = { record: { messageId: string; body: string }; remove(): Promise<void> };

/** The two queues on the real queue server; the test itself passes messages on, instead of an event source mapping. */
export async function openQueues(run: Invoke = invoke): Promise<TestQueues> {
  const endpoint = process.env.SQS_ENDPOINT!;
  const prefix = process.env.QUEUE_PREFIX!;
  const client = new SQSClient({ endpoint });
  const url = (name: string) => `${endpoint}/000000000000/${prefix}${name}`;
  for (const name of ["notify", "poll"]) {
    await client.send(new CreateQueueCommand({ QueueName: `${prefix}${name}-dead` }));
    const deadLetterTargetArn = `arn:aws:sqs:${process.env.AWS_REGION}:000000000000:${prefix}${name}-dead`;
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn, maxReceiveCount: 5 });
    const Attributes = { VisibilityTimeout: "180", RedrivePolicy };
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

  async function* batches(QueueUrl: string) {
    for (let messages = await receive(QueueUrl); messages.length > 0; messages = await receive(QueueUrl))
      yield messages;
  }

  const remove = (QueueUrl: string, { ReceiptHandle }: Message) =>
    client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));

  /** Deletes the messages that the function did not report as failed. */
  async function consume(entry: string, QueueUrl: string, messages: Message[]): Promise<number> {
    const Records = messages.map(({ MessageId, Body }) => ({ messageId: MessageId, body: Body }));
    const { batchItemFailures } = (await run(entry, { Records })) as SQSBatchResponse;
    const failed = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
    for (const message of messages) if (!failed.has(message.MessageId!)) await remove(QueueUrl, message);
    return failed.size;
  }

  async function drainOne(entry: string, QueueUrl: string): Promise<number> {
    const messages = await receive(QueueUrl);
    if (messages.length === 0) return 0;
    const failed = await consume(entry, QueueUrl, messages);
    if (failed > 0) throw new Error(`${entry} failed on ${failed} of ${messages.length} messages`);
    return messages.length;
  }

  const count = async (QueueUrl: string, what: "" | "Delayed") => {
    const name = `ApproximateNumberOfMessages${what}` as const;
    const input = { QueueUrl, AttributeNames: [name] };
    const { Attributes } = await client.send(new GetQueueAttributesCommand(input));
    return Number(Attributes?.[name]);
  };

  return {
    notifyUrl: url("notify"),
    pollUrl: url("poll"),
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
    async tryOnce() {
      const total = { received: 0, failed: 0 };
      for (const { entry, QueueUrl } of consumers) {
        for await (const messages of batches(QueueUrl)) {
          total.received += messages.length;
          total.failed += await consume(entry, QueueUrl, messages);
        }
      }
      return total;
    },
    dead: async () => ({
      notify: await count(url("notify-dead"), ""),
      poll: await count(url("poll-dead"), ""),
    }),
    async redrive() {
      let moved = 0;
      for (const { QueueUrl } of consumers) {
        const from = `${QueueUrl}-dead`;
        for await (const messages of batches(from)) {
          for (const message of messages) {
            await client.send(new SendMessageCommand({ QueueUrl, MessageBody: message.Body }));
            await remove(from, message);
          }
          moved += messages.length;
        }
      }
      return moved;
    },
    delayed: async () => ({
      notify: await count(url("notify"), "Delayed"),
      poll: await count(url("poll"), "Delayed"),
    }),
    async lose() {
      let lost = 0;
      for (const { QueueUrl } of consumers) {
        for await (const messages of batches(QueueUrl)) {
          for (const message of messages) await remove(QueueUrl, message);
          lost += messages.length;
        }
      }
      return lost;
    },
    async receive(entry) {
      const { QueueUrl } = consumers.find((consumer) => consumer.entry === entry)!;
      return (await receive(QueueUrl)).map((message) => ({
        record: { messageId: String(message.MessageId), body: String(message.Body) },
        remove: async () => void (await remove(QueueUrl, message)),
      }));
    },
  };
}
