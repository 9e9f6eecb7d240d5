import {
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  type MessageAttributeValue,
  SendMessageBatchCommand,
  type SendMessageBatchRequestEntry,
  SendMessageCommand,
  type SendMessageCommandInput,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { SqsLimitError } from "../../lib/queue/sqs-limits.ts";
import { type Message, sqsClient, wakeUpQueue } from "../../lib/queue/wake-up-queue.ts";

const now = new Date("2026-05-06T07:08:09.123Z");
const endpoint = process.env.SQS_ENDPOINT!;
const queueName = `${process.env.QUEUE_PREFIX}limits`;
const QueueUrl = `${endpoint}/000000000000/${queueName}`;
const mebibyte = 1_048_576;
const watcher = new SQSClient({ endpoint });
let client: SQSClient;

beforeAll(async () => {
  process.env.AWS_ENDPOINT_URL_SQS = endpoint;
  client = sqsClient();
  await watcher.send(new CreateQueueCommand({ QueueName: queueName }));
});
afterAll(() => {
  client.destroy();
  watcher.destroy();
});

type Queued = { body: string };

/** All messages that the server holds. */
async function queued(): Promise<Queued[]> {
  const { messages } = (await (await fetch(`${process.env.SQS_ADMIN}/queue/${queueName}`)).json()) as {
    messages: { ready: Queued[]; delayed: Queued[]; inflight: Queued[] };
  };
  return [...messages.ready, ...messages.delayed, ...messages.inflight];
}

const text = (StringValue: string): MessageAttributeValue => ({ DataType: "String", StringValue });
const attributes = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, n) => [`a${n}`, text("x")]));
const entry = (Id: string, more: Partial<SendMessageBatchRequestEntry> = {}) => ({
  Id,
  MessageBody: "{}",
  ...more,
});
const entries = (count: number, more: Partial<SendMessageBatchRequestEntry> = {}) =>
  Array.from({ length: count }, (_, n) => entry(String(n), more));

/** Messages that AWS refuses: the limit, a part of the error message, the message. */
const refusedMessages: [limit: string, notified: string, Partial<SendMessageCommandInput>][] = [
  ["DelaySeconds", "901", { DelaySeconds: 901 }],
  ["DelaySeconds", "86400", { DelaySeconds: 86_400 }],
  ["DelaySeconds", "-1", { DelaySeconds: -1 }],
  ["DelaySeconds", "899.5", { DelaySeconds: 899.5 }],
  ["DelaySeconds", "NaN", { DelaySeconds: Number.NaN }],
  ["DelaySeconds", "Infinity", { DelaySeconds: Number.POSITIVE_INFINITY }],
  ["MessageBody", "at least 1 character", { MessageBody: "" }],
  ["MessageBody", "at least 1 character", { MessageBody: undefined }],
  ["MessageBody", "U+0", { MessageBody: "canary\0" }],
  ["MessageBody", "U+1b", { MessageBody: "canary\u001b" }],
  ["MessageBody", "U+b", { MessageBody: "canary\v" }],
  ["MessageBody", "U+fffe", { MessageBody: "canary\ufffe" }],
  ["MessageBody", "U+ffff", { MessageBody: "canary\uffff" }],
  ["MessageBody", "U+d83c", { MessageBody: "canary\ud83c" }],
  ["MessageBody", "U+df63", { MessageBody: "\udf63canary" }],
  ["size", `${mebibyte + 1}`, { MessageBody: "x".repeat(mebibyte + 1) }],
  ["size", `${mebibyte + 2}`, { MessageBody: "茶".repeat(mebibyte / 3 + 1) }],
  ["size", `${mebibyte + 1}`, { MessageBody: "x".repeat(mebibyte - 8), MessageAttributes: attributes(1) }],
  ["MessageGroupId", "", { MessageGroupId: "" }],
  ["MessageGroupId", "m".repeat(129), { MessageGroupId: "m".repeat(129) }],
  ["MessageGroupId", "merchant 7", { MessageGroupId: "merchant 7" }],
  ["MessageGroupId", "商家", { MessageGroupId: "商家" }],
  ["MessageGroupId", "7\n", { MessageGroupId: "7\n" }],
  ["MessageAttributes", "11", { MessageAttributes: attributes(11) }],
  ["attribute name", "", { MessageAttributes: { "": text("x") } }],
  ["attribute name", "n".repeat(257), { MessageAttributes: { ["n".repeat(257)]: text("x") } }],
  ["attribute name", "a b", { MessageAttributes: { "a b": text("x") } }],
  ["attribute name", ".a", { MessageAttributes: { ".a": text("x") } }],
  ["attribute name", "a.", { MessageAttributes: { "a.": text("x") } }],
  ["attribute name", "a..b", { MessageAttributes: { "a..b": text("x") } }],
  ["attribute name", "aws.a", { MessageAttributes: { "aws.a": text("x") } }],
  ["attribute name", "Amazon.a", { MessageAttributes: { "Amazon.a": text("x") } }],
  ["attribute value", "at least 1 character", { MessageAttributes: { a: text("") } }],
  ["attribute value", "U+1", { MessageAttributes: { a: text("canary\u0001") } }],
];

const refusedBatches: [limit: string, notified: string, SendMessageBatchRequestEntry[] | undefined][] = [
  ["Entries", "0", []],
  ["Entries", "0", undefined],
  ["Entries", "11", entries(11)],
  ["Id", "1", [entry("1"), entry("2"), entry("1")]],
  ["Id", "", [entry("")]],
  ["Id", "i".repeat(81), [entry("i".repeat(81))]],
  ["Id", "a.b", [entry("a.b")]],
  ["Id", "é", [entry("é")]],
  ["size", `${mebibyte + 4}`, entries(10, { MessageBody: "x".repeat(mebibyte / 10 + 1) })],
  ["DelaySeconds", "901", [entry("1"), entry("2", { DelaySeconds: 901 })]],
  ["MessageBody", "U+ffff", [entry("1"), entry("2", { MessageBody: "canary\uffff" })]],
  ["MessageGroupId", "a b", [entry("1", { MessageGroupId: "a b" })]],
];

const accepted: Partial<SendMessageCommandInput>[] = [
  { DelaySeconds: 0 },
  { DelaySeconds: 900 },
  { MessageBody: "x" },
  { MessageBody: "\t\n\r \u007f\u0085\ud7ff\ue000\ufffd" },
  { MessageBody: "x".repeat(mebibyte - 8), MessageAttributes: { a: text("x") } },
  { MessageGroupId: "!\"#$%&'()*+,-./09:;<=>?@AZ[\\]^_`az{|}~" },
  { MessageGroupId: "m".repeat(128) },
  { MessageAttributes: attributes(10) },
  { MessageAttributes: { [`a.b-c_${"n".repeat(250)}`]: text("x") } },
];

const message = (more: Partial<SendMessageCommandInput>) =>
  new SendMessageCommand({ QueueUrl, MessageBody: "{}", ...more });

async function refusal(sending: Promise<unknown>): Promise<SqsLimitError> {
  const error = await sending.catch((thrown: unknown) => thrown);
  if (!(error instanceof SqsLimitError)) throw new Error("expected an SqsLimitError", { cause: error });
  return error;
}

describe("calls that AWS would refuse and the local server would accept", () => {
  it.each(refusedMessages)(
    "a message that violates the SQS limit of %s is not sent, case %#",
    async (limit, notified, wrong) => {
      const before = (await queued()).length;
      const error = await refusal(client.send(message(wrong)));
      expect(error).toMatchObject({ code: limit, message: expect.stringContaining(notified) });
      expect(error.message).not.toContain("canary");
      expect(await queued()).toHaveLength(before);
    },
  );

  it.each(refusedBatches)(
    "a batch that violates the SQS limit of %s is not sent, case %#",
    async (limit, notified, Entries) => {
      const before = (await queued()).length;
      const error = await refusal(client.send(new SendMessageBatchCommand({ QueueUrl, Entries })));
      expect(error).toMatchObject({ code: limit, message: expect.stringContaining(notified) });
      expect(await queued()).toHaveLength(before);
    },
  );

  it("a batch that deletes eleven messages, or one twice, is not sent", async () => {
    const handles = (ids: string[]) => ids.map((Id) => ({ Id, ReceiptHandle: "x" }));
    const deletion = (ids: string[]) => new DeleteMessageBatchCommand({ QueueUrl, Entries: handles(ids) });
    const eleven = Array.from({ length: 11 }, (_, n) => String(n));
    expect(await refusal(client.send(deletion(eleven)))).toMatchObject({ code: "Entries" });
    expect(await refusal(client.send(deletion(["1", "1"])))).toMatchObject({ code: "Id" });
  });
});

describe("calls that AWS would accept", () => {
  it.each(accepted)("a message within the SQS limits is sent, case %#", async (right) => {
    const before = (await queued()).length;
    await client.send(message(right));
    expect(await queued()).toHaveLength(before + 1);
  });

  it("a batch of ten messages and one of 1 MiB in all are sent", async () => {
    const before = (await queued()).length;
    await client.send(new SendMessageBatchCommand({ QueueUrl, Entries: entries(10) }));
    const halves = entries(2, { MessageBody: "x".repeat(mebibyte / 2) });
    await client.send(new SendMessageBatchCommand({ QueueUrl, Entries: halves }));
    expect(await queued()).toHaveLength(before + 12);
  });
});

describe("wake-ups within the SQS limits", () => {
  const queue = () => wakeUpQueue(QueueUrl, client, { now: () => now });
  const wakeUp = (more: Partial<Message> = {}): Message => ({
    body: { task: "1" },
    due: now,
    group: "7",
    ...more,
  });

  it.each([
    ["long ago", new Date(0)],
    ["before all time", new Date(-8.64e15)],
    ["now", now],
    ["in 1 ms", new Date(now.getTime() + 1)],
    ["in 899.2 s", new Date(now.getTime() + 899_200)],
    ["in 900 s", new Date(now.getTime() + 900_000)],
    ["in 901 s", new Date(now.getTime() + 901_000)],
    ["in a day", new Date(now.getTime() + 86_400_000)],
    ["in 10 years", new Date("2036-05-06T07:08:09.123Z")],
    ["after all time", new Date(8.64e15)],
  ])("a wake-up due %s is within the SQS limits", async (_when, due) => {
    const before = (await queued()).length;
    await queue().send(wakeUp({ due }));
    expect(await queue().sendAll([wakeUp({ due })])).toEqual([]);
    expect(await queued()).toHaveLength(before + 2);
  });

  it.each([0, 1, 10, 11, 25])("%i wake-ups are sent within the SQS limits", async (count) => {
    const before = (await queued()).length;
    expect(await queue().sendAll(Array.from({ length: count }, () => wakeUp()))).toEqual([]);
    expect(await queued()).toHaveLength(before + count);
  });

  it.each([
    ["empty", ""],
    ["long", "9".repeat(300)],
    ["spaced", "merchant 7"],
    ["foreign", "商家 🍣"],
    ["broken", "\0\n\u001b\ud83c\ufffe\uffff"],
  ])(
    "a wake-up of a merchant whose id is %s is within the SQS limits and comes back unchanged",
    async (_title, merchant) => {
      const own = wakeUp({ body: { merchant }, group: merchant });
      await queue().send(own);
      expect(await queue().sendAll([own, wakeUp()])).toEqual([]);
      const bodies = (await queued()).map(({ body }) => body).filter((body) => body.includes("merchant"));
      expect(
        bodies.map((body) => JSON.parse(body)).filter((body) => body.merchant === merchant),
      ).toHaveLength(2);
    },
  );
});
