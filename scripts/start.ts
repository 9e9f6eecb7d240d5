import { createWriteStream, mkdirSync } from "node:fs";
import path from "node:path";
import { payDemoOrder } from "./local/pay-demo-order.ts";
import { localFolder } from "./local/services/local-folder.ts";
import { type Stack, startStack } from "./local/start-stack.ts";
import { whatToTryNext } from "./local/what-to-try-next.ts";

/** `npm start`: everything on this machine, one paid order per provider, then stays up. `--once`: exits after the orders. */
const once = process.argv.includes("--once");
const begun = performance.now();
const seconds = () => `${((performance.now() - begun) / 1000).toFixed(1)} s`.padStart(7);

mkdirSync(localFolder, { recursive: true });
const logFile = path.join(localFolder, "gateway.log");
const logs = createWriteStream(logFile);

const steps: (() => Promise<void> | void)[] = [];
let stopping: Promise<void> | undefined;

/** Stops what runs, the last first, exactly once; also while things are still starting. */
function stop(): Promise<void> {
  stopping ??= (async () => {
    for (let step = steps.pop(); step; step = steps.pop()) await step();
  })();
  return stopping;
}

async function end(code: number): Promise<never> {
  await stop();
  process.exit(code);
}

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => {
    if (!stopping) console.log(`\n${signal}: stopping`);
    void end(signal === "SIGINT" ? 130 : 143);
  });
}

async function stage<T>(name: string, work: () => Promise<T>): Promise<T> {
  const result = await work();
  if (!stopping) console.log(`${seconds()}  ${name}`);
  return result;
}

/** Pays one order with each provider; false when one did not end with a delivered notification. */
async function payEach({ host, sandbox, merchants }: Stack): Promise<boolean> {
  let allPaid = true;
  for (const [provider, simulator] of Object.entries(sandbox.simulators)) {
    try {
      const { orderNo, timeline } = await payDemoOrder(host.url, simulator, merchants[0]!, provider);
      console.log(`${seconds()}  ${provider}: ${orderNo} is paid and its merchant told`);
      for (const { at, title } of timeline) console.log(`           ${at}  ${title}`);
    } catch (error) {
      allPaid = false;
      console.error(`${seconds()}  ${provider}: ${error instanceof Error ? error.message : error}`);
    }
  }
  return allPaid;
}

try {
  const stack = await startStack({
    stage,
    onLog: (line) => logs.write(`${line}\n`),
    undo: (step) => {
      // A part that came up while the rest is being stopped goes at once.
      if (stopping) void step();
      else steps.push(step);
    },
  });
  const allPaid = await payEach(stack);
  if (!allPaid) console.error(`         what the functions wrote: ${logFile}`);
  if (once) await end(allPaid ? 0 : 1);
  console.log(whatToTryNext(stack, logFile));
  const reason = await stack.broken;
  if (!stopping) {
    console.error(`${reason}; everything stops: start again`);
    await end(1);
  }
} catch (error) {
  if (!stopping) {
    console.error(error instanceof Error ? error.message : error);
    await end(1);
  }
}
