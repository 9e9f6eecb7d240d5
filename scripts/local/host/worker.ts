/**
 * One Lambda execution environment: loads the unmodified bundle in `LAMBDA_TASK_ROOT` and runs one event at a time.
 * Its only environment variables are those of `lambda-functions.ts`, and it ends with its host.
 */
import { createRequire, isBuiltin, registerHooks } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";

/** What the host sends: the event as JSON text, so that it is serialized exactly as on AWS. */
export type InvocationMessage = {
  requestId: string;
  event: string;
  /** Milliseconds since 1970 at which the host will kill this environment. */
  deadline: number;
  clockOffsetMs: number;
  functionArn: string;
};

/** `ready` once the bundle is loaded, then one `result` (JSON text) or `error` per invocation. */
export type WorkerMessage =
  | { kind: "ready" }
  | { kind: "result"; requestId: string; result: string }
  | { kind: "error"; requestId: string; errorType: string; errorMessage: string; stackTrace: string[] };

type Handler = (event: unknown, context: object) => Promise<unknown>;

const {
  LAMBDA_TASK_ROOT = "",
  _HANDLER = "",
  AWS_LAMBDA_FUNCTION_NAME,
  AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
} = process.env;
const taskRoot = pathToFileURL(path.join(LAMBDA_TASK_ROOT, path.sep)).href;

/** On Lambda no package.json above the bundle sets its module format, and no node_modules resolves its imports. */
function isolateBundle(): void {
  registerHooks({
    resolve(specifier, context, next) {
      const found = next(specifier, context);
      if (isBuiltin(found.url) || found.url.startsWith(taskRoot)) return found;
      throw new Error(`Cannot find '${specifier}': it is not in the bundle`);
    },
    load: (url, context, next) =>
      next(url, url.endsWith(".js") ? { ...context, format: "commonjs" } : context),
  });
}

function loadHandler(): Handler {
  const [file, name] = _HANDLER.split(".");
  const handler = createRequire(taskRoot)(`./${file}`)[String(name)];
  if (typeof handler !== "function") throw new Error(`${_HANDLER} is undefined or not exported`);
  return handler;
}

async function run(handler: Handler, invocation: InvocationMessage): Promise<WorkerMessage> {
  const { requestId, event, deadline, clockOffsetMs, functionArn } = invocation;
  process.env.CLOCK_OFFSET_MS = String(clockOffsetMs);
  const context = {
    awsRequestId: requestId,
    callbackWaitsForEmptyEventLoop: true,
    functionName: AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: "$LATEST",
    getRemainingTimeInMillis: () => deadline - Date.now(),
    invokedFunctionArn: functionArn,
    memoryLimitInMB: AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
  };
  try {
    const result = await handler(JSON.parse(event), context);
    return { kind: "result", requestId, result: JSON.stringify(result) ?? "null" };
  } catch (error) {
    const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
    console.error(stack);
    return {
      kind: "error",
      requestId,
      errorType: name,
      errorMessage: message,
      stackTrace: stack?.split("\n") ?? [],
    };
  }
}

const send = (message: WorkerMessage) => process.send?.(message);

process.on("disconnect", () => process.exit(0));
isolateBundle();
const handler = loadHandler();
process.on("message", async (invocation: InvocationMessage) => send(await run(handler, invocation)));
send({ kind: "ready" });
