import { createHash } from "node:crypto";
import {
  GetQueueAttributesCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import type { Clock } from "../clock.ts";
import { reach } from "../failpoint.ts";
import { assertNoTransaction } from "../invocation.ts";
import { log, nameOf } from "../log.ts";
import { isGroupId, keepWithinSqsLimits, longestDelaySeconds, mostInBatch } from "./sqs-limits.ts";

const sendTimeoutMs = 1_000;

export type Message = {
  body: Record<string, string | number>;
  due: Date;
  /** Fair queues: messages of one group delay no other group. */
  group: string;
};

/** A standard SQS queue of hints with a delay each. A standard queue, because FIFO queues have no delay per message. */
export interface HintQueue {
  /** Best effort: a failure is logged and left to the sweeper. */
  send(message: Message): Promise<void>;
  /** Returns the messages that were not accepted. */
  sendAll(messages: Message[]): Promise<Message[]>;
  /** Whether the queue answers at all. */
  reachable(): Promise<boolean>;
}

/** The delay until `due` in whole seconds, never early, cut to what SQS takes: who comes early sends the rest on. */
export function hopSeconds(due: Date, now: Date): number {
  return Math.min(
    /* mutation: queue-longest-delay */ longestDelaySeconds,
    Math.max(0, /* mutation: queue-delay-rounded-up */ Math.ceil((due.getTime() - now.getTime()) / 1000)),
  );
}

export function hintQueue(queueUrl: string, client: SQSClient, clock: Clock): HintQueue {
  const entry = ({ body, due, group }: Message) => ({
    MessageBody: asciiJson(body),
    DelaySeconds: hopSeconds(due, clock.now()),
    MessageGroupId: groupIdOf(group),
  });

  /** Those that were not accepted; `undefined`: no answer. */
  async function sendBatch(messages: Message[]): Promise<Message[] | undefined> {
    const Entries = messages.map((message, index) => ({ Id: String(index), ...entry(message) }));
    try {
      const command = new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries });
      if (process.env.FAILPOINTS) await reach("before", `queue ${queueUrl}`);
      const { Failed = [] } = await client.send(command, { abortSignal: AbortSignal.timeout(sendTimeoutMs) });
      if (process.env.FAILPOINTS) await reach("after", `queue ${queueUrl}`);
      return messages.filter((_, index) =>
        /* mutation: queue-batch-failed */ Failed.some(({ Id }) => Id === String(index)),
      );
    } catch (error) {
      log.warn("hints not sent", { queue: queueUrl, count: messages.length, ...nameOf(error) });
      return undefined;
    }
  }

  return {
    async send(message) {
      assertNoTransaction("SQS SendMessage");
      try {
        const command = new SendMessageCommand({ QueueUrl: queueUrl, ...entry(message) });
        if (process.env.FAILPOINTS) await reach("before", `queue ${queueUrl}`);
        await client.send(command, { abortSignal: AbortSignal.timeout(sendTimeoutMs) });
        if (process.env.FAILPOINTS) await reach("after", `queue ${queueUrl}`);
      } catch (error) {
        log.warn("hint not sent", { queue: queueUrl, ...nameOf(error) });
      }
    },
    async sendAll(messages) {
      assertNoTransaction("SQS SendMessageBatch");
      const unsent: Message[] = [];
      for (let from = 0; from < messages.length; from += mostInBatch) {
        const refused = await sendBatch(messages.slice(from, from + mostInBatch));
        // A silent queue costs its time-out once, not once for every batch.
        if (refused === undefined) return [...unsent, ...messages.slice(from)];
        unsent.push(...refused);
      }
      return unsent;
    },
    async reachable() {
      const command = new GetQueueAttributesCommand({ QueueUrl: queueUrl });
      return client.send(command, { abortSignal: AbortSignal.timeout(sendTimeoutMs) }).then(
        () => true,
        () => false,
      );
    },
  };
}

/** JSON in ASCII, so that it holds none of the characters that SQS refuses. */
function asciiJson(body: Message["body"]): string {
  const escaped = (unit: string) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return JSON.stringify(body).replace(/[^ -~]/g, escaped);
}

/** What cannot name a group is one all the same. */
function groupIdOf(group: string): string {
  return isGroupId(group) ? group : createHash("sha256").update(group).digest("hex");
}

/** No retries: a hint that takes longer than a second is worth less than the second. */
export function sqsClient(): SQSClient {
  return keepWithinSqsLimits(new SQSClient({ maxAttempts: 1, useQueueUrlAsEndpoint: false }));
}
