import { randomUUID } from "node:crypto";
import type { Context } from "aws-lambda";

/** The context that Lambda passes to a handler with `seconds` left before the time-out. */
export function lambdaContext(seconds = 29): Context {
  const endsAt = performance.now() + seconds * 1000;
  return {
    awsRequestId: randomUUID(),
    functionName: "test",
    functionVersion: "1",
    invokedFunctionArn: "arn:aws:lambda:local:000000000000:function:test",
    memoryLimitInMB: "512",
    logGroupName: "",
    logStreamName: "",
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => endsAt - performance.now(),
    done() {},
    fail() {},
    succeed() {},
  };
}
