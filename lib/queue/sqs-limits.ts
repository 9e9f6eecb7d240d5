import type {
  MessageAttributeValue,
  SendMessageBatchRequestEntry,
  ServiceInputTypes,
  SQSClient,
} from "@aws-sdk/client-sqs";

/**
 * SQS limits, some of which local servers do not enforce:
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html
 */
export const longestDelaySeconds = 900;
// mutation: queue-batch-size
export const mostInBatch = 10;
const longestBytes = 1_048_576;
const mostAttributes = 10;

const batchId = /^[0-9A-Za-z_-]{1,80}$/;
/** Alphanumeric characters and punctuation: all of printable ASCII but the space. */
export const isGroupId = (text: string) => /^[!-~]{1,128}$/.test(text);
/** https://www.w3.org/TR/REC-xml/#charsets */
const refusedCharacter = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/u;
/**
 * Excludes reserved prefixes, too:
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html
 */
const attributeName = /^(?!aws\.|amazon\.|\.)(?!.*\.\.)[0-9a-z_.-]{1,256}(?<!\.)$/i;

/** Input that SQS would refuse; `code` is the name of the limit, so that it appears in log lines. */
export class SqsLimitError extends Error {
  override readonly name = "SqsLimitError";
  readonly code: string;

  constructor(limit: string, rule: string, actual: string | number) {
    super(`SQS refuses this ${limit} (${actual}): it must be ${rule}`);
    this.code = limit;
  }
}

/** Rejects requests of this client that exceed SQS limits, even against servers that do not enforce them. */
export function keepWithinSqsLimits(client: SQSClient): SQSClient {
  client.middlewareStack.add(
    (next) => async (args) => {
      assertWithinSqsLimits(args.input);
      return next(args);
    },
    { step: "initialize", name: "keepWithinSqsLimits" },
  );
  return client;
}

function assertWithinSqsLimits(input: ServiceInputTypes): void {
  if ("MessageBody" in input) assertSize(assertMessage(input));
  else if ("Entries" in input) assertSize(assertEntries(input.Entries ?? []));
}

type Entry = { Id: string | undefined } | SendMessageBatchRequestEntry;

function assertEntries(entries: Entry[]): number {
  const count = entries.length;
  if (count < 1 || count > mostInBatch) throw new SqsLimitError("Entries", `1 to ${mostInBatch}`, count);
  const ids = new Set<string>();
  let bytes = 0;
  for (const entry of entries) {
    const { Id = "" } = entry;
    if (!batchId.test(Id)) throw new SqsLimitError("Id", "1 to 80 characters of 0-9 A-Z a-z _ -", Id);
    if (ids.has(Id)) throw new SqsLimitError("Id", "distinct within a batch", Id);
    ids.add(Id);
    if ("MessageBody" in entry) bytes += assertMessage(entry);
  }
  return bytes;
}

type SentMessage = Omit<SendMessageBatchRequestEntry, "Id">;

/** Checks a message and returns its bytes that count towards the size limit. */
function assertMessage(message: SentMessage): number {
  const { MessageBody, DelaySeconds = 0, MessageGroupId = "none", MessageAttributes = {} } = message;
  assertText("MessageBody", MessageBody);
  if (!Number.isInteger(DelaySeconds) || DelaySeconds < 0 || DelaySeconds > longestDelaySeconds)
    throw new SqsLimitError("DelaySeconds", `whole seconds from 0 to ${longestDelaySeconds}`, DelaySeconds);
  if (!isGroupId(MessageGroupId))
    throw new SqsLimitError("MessageGroupId", "1 to 128 of printable ASCII, no space", MessageGroupId);
  const attributes = Object.entries(MessageAttributes);
  if (attributes.length > mostAttributes)
    throw new SqsLimitError("MessageAttributes", `at most ${mostAttributes}`, attributes.length);
  let bytes = bytesOf(MessageBody);
  for (const [name, value] of attributes) bytes += assertAttribute(name, value);
  return bytes;
}

function assertAttribute(name: string, value: MessageAttributeValue): number {
  const { DataType, StringValue, BinaryValue } = value;
  if (!attributeName.test(name))
    throw new SqsLimitError("attribute name", "1 to 256 of 0-9 A-Z a-z _ - and single inner periods", name);
  if (BinaryValue === undefined) assertText("attribute value", StringValue);
  return bytesOf(name) + bytesOf(DataType) + bytesOf(StringValue) + (BinaryValue?.length ?? 0);
}

/** The error shows only the refused character, never the text. */
function assertText(limit: string, text = ""): void {
  if (text === "") throw new SqsLimitError(limit, "at least 1 character", text);
  const [refused] = refusedCharacter.exec(text) ?? [];
  if (refused !== undefined)
    throw new SqsLimitError(limit, "text that XML allows", `U+${refused.codePointAt(0)?.toString(16)}`);
}

function assertSize(bytes: number): void {
  if (bytes > longestBytes) throw new SqsLimitError("size", `at most ${longestBytes} bytes in total`, bytes);
}

function bytesOf(text = ""): number {
  return Buffer.byteLength(text);
}
