import { CreateQueueCommand, SetQueueAttributesCommand, SQSClient } from "@aws-sdk/client-sqs";
import * as z from "zod";
import type { Assembly } from "./assembly.ts";
import { queueName } from "./local-values.ts";
import { readProperties } from "./read-properties.ts";
import { type Resolve, region } from "./resolve.ts";

const seconds = z.int().nonnegative().optional();
const propertiesSchema = z.object({
  DelaySeconds: seconds,
  MaximumMessageSize: seconds,
  MessageRetentionPeriod: seconds,
  ReceiveMessageWaitTimeSeconds: seconds,
  VisibilityTimeout: seconds,
  RedrivePolicy: z.object({ deadLetterTargetArn: z.string(), maxReceiveCount: z.int() }).optional(),
});

/** A client for the local SQS server, which accepts any credentials. */
export function openSqs(endpoint: string): SQSClient {
  return new SQSClient({ region, endpoint, credentials: { accessKeyId: "local", secretAccessKey: "local" } });
}

/** Creates the template's queues where they are missing, and sets the template's attributes on all of them. */
export async function createQueues(
  assembly: Assembly,
  resolve: Resolve,
  sqs: SQSClient,
  prefix: string,
): Promise<void> {
  const queues = assembly.ofType("AWS::SQS::Queue");
  // Create all of them first: the dead-letter queue that a redrive policy names must exist.
  const created = await Promise.all(
    queues.map(async (queue) => {
      const command = new CreateQueueCommand({ QueueName: queueName(queue, prefix) });
      const { QueueUrl } = await sqs.send(command);
      return { queue, QueueUrl };
    }),
  );
  await Promise.all(
    created.map(({ queue, QueueUrl }) => {
      const Attributes = attributes(readProperties(queue, propertiesSchema, resolve));
      if (Object.keys(Attributes).length === 0) return undefined;
      return sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes }));
    }),
  );
}

function attributes({
  RedrivePolicy,
  ...numbers
}: z.output<typeof propertiesSchema>): Record<string, string> {
  return {
    ...Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, String(value)])),
    ...(RedrivePolicy && { RedrivePolicy: JSON.stringify(RedrivePolicy) }),
  };
}

/** Shortens delays and visibility timeouts of the prefix's queues by `ms`, through the SQS server's admin port. */
export async function advanceQueues(admin: string, prefix: string, ms: number): Promise<void> {
  const response = await fetch(`${admin}/advance?${new URLSearchParams({ prefix, ms: String(ms) })}`, {
    method: "POST",
  });
  if (!response.ok) throw new Error(`The queues did not follow the clock: ${await response.text()}`);
}
