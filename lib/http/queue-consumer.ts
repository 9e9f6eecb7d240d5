import type { Context, SQSBatchResponse, SQSEvent } from "aws-lambda";
import type * as z from "zod";
import { withInvocation } from "../invocation.ts";
import { log, nameOf } from "../log.ts";

/**
 * Handler for an SQS queue. Consumes the messages of a batch concurrently and returns only the failed ones to the
 * queue. A message that cannot be parsed is dropped with an alarm, because a retry cannot help.
 */
export function queueConsumer<Message>(
  schema: z.ZodType<Message>,
  consume: (message: Message) => Promise<void>,
) {
  return async (event: SQSEvent, context: Context): Promise<SQSBatchResponse> => {
    const remainingMs = () => context.getRemainingTimeInMillis();
    const failed = await Promise.all(
      event.Records.map((record) =>
        withInvocation({ requestId: record.messageId, remainingMs }, async () => {
          const message = read(schema, record.body);
          if (message === undefined) return [];
          try {
            await consume(message);
            return [];
          } catch (error) {
            log.warn("message failed", nameOf(error));
            return [{ itemIdentifier: record.messageId }];
          }
        }),
      ),
    );
    return { batchItemFailures: failed.flat() };
  };
}

function read<Message>(schema: z.ZodType<Message>, body: string): Message | undefined {
  try {
    return schema.parse(JSON.parse(body));
  } catch {
    log.alarm("unreadable message dropped");
    return undefined;
  }
}
