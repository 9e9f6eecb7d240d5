import {
  type Message,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
} from "@aws-sdk/client-sqs";
import { afterEach, describe, expect, it, vi } from "vitest";
import { openSqs } from "../../scripts/local/host/queues.ts";
import { lambda, type SynthesizedHost, startSynthesized, workQueue } from "./synthesized.ts";

type State = Record<"ready" | "delayed" | "inflight", unknown[]>;

let host: SynthesizedHost;
afterEach(() => host.stop());

/** A host whose function `work` has this body, with `event` and its `bodies` in scope. */
async function startWorker(body: string, mapping: object = {}): Promise<void> {
  const source = `exports.handler = async (event) => {
    const bodies = event.Records.map(({ body }) => body);
    console.log("batch " + bodies.join());
    ${body}
  };`;
  host = await startSynthesized({
    bundles: { work: source },
    resources: { ...lambda("work", {}, { WORK_URL: { Ref: "Work" } }), ...workQueue("work", mapping) },
  });
}

const queueUrl = (name: string) => `${host.queues.endpoint}/000000000000/Gateway-${name}`;

async function send(...bodies: string[]): Promise<void> {
  const Entries = bodies.map((MessageBody, index) => ({ Id: String(index), MessageBody }));
  await openSqs(host.queues.endpoint).send(
    new SendMessageBatchCommand({ QueueUrl: queueUrl("Work"), Entries }),
  );
}

async function stateOf(name: string): Promise<State> {
  const response = await fetch(`${host.queues.admin}/queue/Gateway-${name}`);
  const { messages } = (await response.json()) as { messages: State };
  return messages;
}

const bodiesOf = (messages: unknown) => JSON.stringify(messages);

/** How often the function received a batch with this body. */
const handled = (body: string) =>
  host.log.filter((line) => line.startsWith("[work] batch") && line.split(/[ ,]/).includes(body)).length;

describe("local host: queues", () => {
  it("the local host deletes the messages that a function has processed", async () => {
    await startWorker("return { batchItemFailures: [] };");
    await send("a", "b");
    await vi.waitFor(async () => {
      expect([handled("a"), handled("b")]).toEqual([1, 1]);
      expect(await stateOf("Work")).toEqual({ ready: [], delayed: [], inflight: [] });
    });
  });

  it("the local host keeps only the failed message and delivers it again after its visibility timeout", async () => {
    await startWorker(
      `return { batchItemFailures: event.Records.filter(({ body, attributes }) =>
         body === "bad" && attributes.ApproximateReceiveCount === "1"
       ).map(({ messageId }) => ({ itemIdentifier: messageId })) };`,
    );
    await send("good", "bad", "fine");
    await vi.waitFor(async () => {
      expect(handled("bad") + handled("good") + handled("fine")).toBe(3);
      const { ready, inflight } = await stateOf("Work");
      expect(ready).toEqual([]);
      expect(inflight).toHaveLength(1);
      expect(bodiesOf(inflight)).toContain("bad");
    });
    await host.advanceClock(60_000);
    await vi.waitFor(async () => {
      expect(handled("bad")).toBe(2);
      expect((await stateOf("Work")).inflight).toEqual([]);
    });
    expect(handled("good")).toBe(1);
  });

  it.each([
    ["throws", "throw new Error('no');"],
    ["answers malformed batchItemFailures", "return { batchItemFailures: 'all' };"],
    ["names a message that is not of the batch", "return { batchItemFailures: [{ itemIdentifier: 'x' }] };"],
    ["names an empty identifier", "return { batchItemFailures: [{ itemIdentifier: '' }] };"],
  ])("the local host keeps the whole batch when the function %s", async (_how, body) => {
    await startWorker(body);
    await send("a");
    await vi.waitFor(() => expect(host.log.join("\n")).toContain("work: a batch of 1 stays in its queue"));
    expect((await stateOf("Work")).inflight).toHaveLength(1);
  });

  it("a queue moves a message to its dead-letter queue after the template's number of attempts", async () => {
    await startWorker("throw new Error('no');");
    await send("poison");
    for (let attempt = 1; attempt <= 5; attempt++) {
      await vi.waitFor(() =>
        expect(host.log.filter((line) => line.includes("stays in its queue"))).toHaveLength(attempt),
      );
      await host.advanceClock(60_000);
    }
    await vi.waitFor(async () => expect(bodiesOf((await stateOf("Dead")).ready)).toContain("poison"));
    expect(handled("poison")).toBe(5);
  });

  it("the local host passes a message's attributes, identifiers and queue ARN as Lambda does", async () => {
    await startWorker("console.log(JSON.stringify(event.Records[0]));");
    const sent = await openSqs(host.queues.endpoint).send(
      new SendMessageCommand({
        QueueUrl: queueUrl("Work"),
        MessageBody: "a",
        MessageAttributes: { kind: { DataType: "String", StringValue: "wakeUp" } },
      }),
    );
    const line = await vi.waitFor(() => {
      const found = host.log.find((one) => one.startsWith("[work] {"));
      expect(found).toBeDefined();
      return String(found);
    });
    expect(JSON.parse(line.slice("[work] ".length))).toMatchObject({
      messageId: sent.MessageId,
      body: "a",
      md5OfBody: sent.MD5OfMessageBody,
      attributes: { ApproximateReceiveCount: "1", SentTimestamp: expect.stringMatching(/^\d{13}$/) },
      messageAttributes: { kind: { stringValue: "wakeUp", dataType: "String" } },
      eventSource: "aws:sqs",
      eventSourceARN: "arn:aws:sqs:ap-southeast-1:000000000000:Gateway-Work",
      awsRegion: "ap-southeast-1",
    });
  });

  it("the local host limits batch size and concurrency to the mapping's values", async () => {
    await startWorker("await new Promise(() => setInterval(() => {}, 1000));", {
      BatchSize: 1,
      ScalingConfig: { MaximumConcurrency: 2 },
    });
    await send("a", "b", "c");
    await vi.waitFor(async () => {
      const { ready, inflight } = await stateOf("Work");
      expect([ready.length, inflight.length]).toEqual([1, 2]);
      expect(host.log.filter((line) => line.startsWith("[work] batch"))).toHaveLength(2);
    });
    expect(host.processes()).toHaveLength(2);
  });
});

describe("local host: clock of the queues", () => {
  it("advancing the clock past a message's delay releases it, and not before", async () => {
    await startWorker("return {};");
    const sqs = openSqs(host.queues.endpoint);
    const delayed = { QueueUrl: queueUrl("Work"), MessageBody: "late", DelaySeconds: 900 };
    await sqs.send(new SendMessageCommand(delayed));
    await host.advanceClock(600_000);
    expect((await stateOf("Work")).delayed).toHaveLength(1);
    expect(handled("late")).toBe(0);
    await host.advanceClock(300_000);
    await vi.waitFor(() => expect(handled("late")).toBe(1));
  });
});

it("the queue prefix separates the queues of two hosts on one server", async () => {
  await startWorker("return {};");
  const services = {
    DATABASE_URL: "mysql://root@127.0.0.1:3307/gateway",
    REDIS_URL: "redis://127.0.0.1:6380",
    SQS_ENDPOINT: host.queues.endpoint,
    SQS_ADMIN: host.queues.admin,
  };
  const other = await startSynthesized(
    {
      bundles: { quiet: "exports.handler = async () => {};" },
      resources: {
        ...lambda("quiet", {}, { NOTIFY_QUEUE_URL: { Ref: "Work" } }),
        Work: { Type: "AWS::SQS::Queue" },
      },
    },
    { services, queuePrefix: "other-" },
  );
  const sqs = openSqs(host.queues.endpoint);
  expect(other.notifyQueueUrl).toBe(`${host.queues.endpoint}/000000000000/other-Gateway-Work`);
  await sqs.send(new SendMessageCommand({ QueueUrl: other.notifyQueueUrl, MessageBody: "mine" }));
  const { Messages } = await sqs.send(new ReceiveMessageCommand({ QueueUrl: other.notifyQueueUrl }));
  expect(Messages?.map(({ Body }: Message) => Body)).toEqual(["mine"]);
  expect(handled("mine")).toBe(0);
  await other.stop();
});
