import {
  DeleteMessageBatchCommand,
  type Message,
  ReceiveMessageCommand,
  type SQSClient,
} from "@aws-sdk/client-sqs";
import type { SQSRecord } from "aws-lambda";
import * as z from "zod";
import type { Assembly } from "./assembly.ts";
import type { LambdaFunction } from "./execution-environment.ts";
import type { Functions } from "./lambda-functions.ts";
import { readProperties } from "./read-properties.ts";
import { accountId, type Resolve, region } from "./resolve.ts";

/** One event source mapping between a queue and a function. */
type Mapping = {
  queueArn: string;
  queueUrl: string;
  lambda: LambdaFunction;
  batchSize: number;
  /** Batches in progress at once. */
  concurrency: number;
  /** Whether the function reports which messages failed (`ReportBatchItemFailures`). */
  partial: boolean;
};

export type Pollers = {
  /** Stops receiving immediately; resolves when the batches in progress have ended. */
  stop(): Promise<void>;
};

/** Lambda's concurrency for a queue whose mapping sets no maximum; it would scale up from there. */
const defaultConcurrency = 5;
/** Seconds, the longest that SQS offers. Stopping does not wait for it. */
const longPollSeconds = 20;
/** Pause after SQS could not be reached, in milliseconds. */
const retryMs = 500;

const mappingSchema = z.object({
  EventSourceArn: z.string().startsWith("arn:aws:sqs:"),
  FunctionName: z.string(),
  BatchSize: z.int().min(1).max(10).default(10),
  Enabled: z.literal(true).default(true),
  FunctionResponseTypes: z.array(z.literal("ReportBatchItemFailures")).default([]),
  ScalingConfig: z.object({ MaximumConcurrency: z.int() }).optional(),
});

const responseSchema = z
  .looseObject({ batchItemFailures: z.array(z.looseObject({ itemIdentifier: z.string() })).nullish() })
  .nullish();

/** Polls the queues of every event source mapping as Lambda does, until it is stopped. */
export function startPollers(
  assembly: Assembly,
  resolve: Resolve,
  functions: Functions,
  { sqs, sqsUrl, log }: { sqs: SQSClient; sqsUrl: string; log: (line: string) => void },
): Pollers {
  const stopping = new AbortController();
  const loops = assembly.ofType("AWS::Lambda::EventSourceMapping").map((resource) => {
    const resolved = readProperties(resource, mappingSchema, resolve);
    const lambda = functions.find(resolved.FunctionName);
    const mapping: Mapping = {
      queueArn: resolved.EventSourceArn,
      queueUrl: `${sqsUrl}/${accountId}/${resolved.EventSourceArn.split(":").at(-1)}`,
      lambda,
      batchSize: resolved.BatchSize,
      concurrency: Math.min(
        resolved.ScalingConfig?.MaximumConcurrency ?? defaultConcurrency,
        lambda.maxEnvironments,
      ),
      partial: resolved.FunctionResponseTypes.length > 0,
    };
    return poll(mapping, functions, sqs, stopping.signal, log);
  });
  return {
    async stop() {
      stopping.abort();
      await Promise.all(loops);
    },
  };
}

/** Receives only while fewer batches than allowed are in progress, so that no received message waits for its turn. */
async function poll(
  mapping: Mapping,
  functions: Functions,
  sqs: SQSClient,
  stopping: AbortSignal,
  log: (line: string) => void,
): Promise<void> {
  const inProgress = new Set<Promise<void>>();
  while (!stopping.aborted) {
    if (inProgress.size >= mapping.concurrency) {
      await Promise.race(inProgress);
      continue;
    }
    const messages = await receive(mapping, sqs, stopping, log);
    if (messages.length === 0) continue;
    const batch = settle(mapping, messages, functions, sqs).catch((error: unknown) =>
      log(`${mapping.lambda.entry}: a batch of ${messages.length} stays in its queue: ${error}`),
    );
    inProgress.add(batch);
    void batch.then(() => inProgress.delete(batch));
  }
  await Promise.all(inProgress);
}

async function receive(
  { queueUrl, batchSize }: Mapping,
  sqs: SQSClient,
  stopping: AbortSignal,
  log: (line: string) => void,
): Promise<Message[]> {
  const command = new ReceiveMessageCommand({
    QueueUrl: queueUrl,
    MaxNumberOfMessages: batchSize,
    WaitTimeSeconds: longPollSeconds,
    MessageSystemAttributeNames: ["All"],
    MessageAttributeNames: ["All"],
  });
  try {
    const { Messages } = await sqs.send(command, { abortSignal: stopping });
    return Messages ?? [];
  } catch (error) {
    if (stopping.aborted) return [];
    log(`${queueUrl} cannot be polled: ${error}`);
    await new Promise((resolve) => setTimeout(resolve, retryMs));
    return [];
  }
}

/** Deletes the processed messages; the others become visible again when their visibility timeout ends. */
async function settle(
  mapping: Mapping,
  messages: Message[],
  functions: Functions,
  sqs: SQSClient,
): Promise<void> {
  const Records = messages.map((message) => sqsRecord(message, mapping.queueArn));
  const response = await functions.invoke(mapping.lambda, { Records });
  const failed = mapping.partial ? failedIds(response, messages) : new Set<string | undefined>();
  const done = messages.filter(({ MessageId }) => !failed.has(MessageId));
  if (done.length === 0) return;
  const Entries = done.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }));
  await sqs.send(new DeleteMessageBatchCommand({ QueueUrl: mapping.queueUrl, Entries }));
}

/** Ids of the failed messages; throws on a response for which Lambda retries the whole batch. */
function failedIds(response: unknown, messages: Message[]): Set<string | undefined> {
  const parsed = responseSchema.safeParse(response);
  if (!parsed.success) throw new Error("the response's batchItemFailures are malformed");
  const named = (parsed.data?.batchItemFailures ?? []).map(({ itemIdentifier }) => itemIdentifier);
  const unknownId = named.find((id) => messages.every(({ MessageId }) => MessageId !== id));
  if (unknownId !== undefined) throw new Error(`"${unknownId}" is not a message of this batch`);
  return new Set(named);
}

function sqsRecord(message: Message, queueArn: string): SQSRecord {
  const { MessageAttributes = {}, Attributes = {} } = message;
  const attributes = Object.entries(MessageAttributes).map(([name, value]) => [
    name,
    {
      ...(value.StringValue !== undefined && { stringValue: value.StringValue }),
      ...(value.BinaryValue !== undefined && {
        binaryValue: Buffer.from(value.BinaryValue).toString("base64"),
      }),
      stringListValues: [],
      binaryListValues: [],
      dataType: value.DataType,
    },
  ]);
  return {
    messageId: String(message.MessageId),
    receiptHandle: String(message.ReceiptHandle),
    body: String(message.Body),
    attributes: {
      ApproximateReceiveCount: "1",
      SentTimestamp: "0",
      SenderId: accountId,
      ApproximateFirstReceiveTimestamp: "0",
      ...Attributes,
    },
    messageAttributes: Object.fromEntries(attributes),
    md5OfBody: String(message.MD5OfBody),
    eventSource: "aws:sqs",
    eventSourceARN: queueArn,
    awsRegion: region,
  };
}
