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

/** A standard SQS queue of wake-up messages, each with its own delay; FIFO queues have no delay per message. */
export interface WakeUpQueue {
  /** Best effort: a failure is logged and left to the sweeper. */
  send(message: Message): Promise<void>;
  /** Returns the messages that were not accepted. */
  sendAll(messages: Message[]): Promise<Message[]>;
  /** Whether the queue answers at all. */
  reachable(): Promise<boolean>;
}

/**
 * The delay until `due` in whole seconds, rounded up and capped at the SQS maximum: a consumer that gets the message
 * before `due` sends it again.
 */
export function hopSeconds(due: Date, now: Date): number {
  return Math.min(
    /* mutation: queue-longest-delay */ longestDelaySeconds,
    Math.max(0, /* mutation: queue-delay-rounded-up */ Math.ceil((due.getTime() - now.getTime()) / 1000)),
  );
}

export function wakeUpQueue(queueUrl: string, client: SQSClient, clock: Clock): WakeUpQueue {
  const entry = ({ body, due, group }: Message) => ({
    MessageBody: asciiJson(body),
    DelaySeconds: hopSeconds(due, clock.now()),
    MessageGroupId: groupIdOf(group),
  });

  /** Returns the messages that were not accepted; `undefined`: no response. */
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
      log.warn("wake-up messages not sent", { queue: queueUrl, count: messages.length, ...nameOf(error) });
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
        log.warn("wake-up message not sent", { queue: queueUrl, ...nameOf(error) });
      }
    },
    async sendAll(messages) {
      assertNoTransaction("SQS SendMessageBatch");
      const unsent: Message[] = [];
      for (let from = 0; from < messages.length; from += mostInBatch) {
        const refused = await sendBatch(messages.slice(from, from + mostInBatch));
        // A queue that does not respond costs its time-out once, not once per batch.
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

/** A group that SQS would refuse as a group id is hashed. */
function groupIdOf(group: string): string {
  return isGroupId(group) ? group : createHash("sha256").update(group).digest("hex");
}

/** No retries: a wake-up message is not worth a longer wait than one second, because the sweeper replaces lost ones. */
export function sqsClient(): SQSClient {
  return keepWithinSqsLimits(new SQSClient({ maxAttempts: 1, useQueueUrlAsEndpoint: false }));
}
