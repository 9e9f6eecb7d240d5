// One execution environment in a process of its own: handles one event at a time until it is killed or its parent ends.
import { withFailpoints } from "../../lib/failpoint.ts";
import { lambdaContext } from "../steps/lambda-context.ts";
import { type Fault, failures } from "./fault.ts";

export type Order =
  | { kind: "event"; entry: string; event: unknown; environment: NodeJS.ProcessEnv; fault: Fault | null }
  | { kind: "release"; environment: NodeJS.ProcessEnv };

export type Report =
  | { kind: "held" }
  | { kind: "failed" }
  | { kind: "answer"; answer: unknown }
  | { kind: "threw"; error: string }
  /** The process can take another event. */
  | { kind: "idle" };

let release: (() => void) | undefined;

process.on("message", (order: Order) => {
  Object.assign(process.env, order.environment);
  if (order.kind === "release") release?.();
  else void run(order.entry, order.event, meeting(order.fault));
});

type Meet = (when: "before" | "after", what: string) => Promise<void>;

async function run(entry: string, event: unknown, meet: Meet): Promise<void> {
  const { handler } = await import(`../../functions/${entry}.ts`);
  try {
    await meet("before", "event");
    const answer = await withFailpoints(meet, () => handler(event, lambdaContext()));
    await meet("before", "answer");
    await tell({ kind: "answer", answer });
    await meet("after", "answer");
  } catch (error) {
    await tell({ kind: "threw", error: String(error) });
  }
  await tell({ kind: "idle" });
}

function meeting(fault: Fault | null): Meet {
  const pattern = new RegExp(fault?.what ?? "^$", "is");
  let boundaries = 0;
  let ahead: Error[] | undefined;

  return async (when, crossed) => {
    if (!fault || when !== fault.when || !pattern.test(crossed)) return;
    boundaries += 1;
    if (boundaries < (fault.nth ?? 1)) return;
    if (fault.act === "kill") return die();
    if (fault.act === "hold") {
      if (boundaries === (fault.nth ?? 1)) await hold();
      return;
    }
    ahead ??= failures(fault.act, crossed);
    const error = ahead.shift();
    if (!error) return;
    await tell({ kind: "failed" });
    throw error;
  };
}

function die(): Promise<never> {
  process.kill(process.pid, "SIGKILL");
  return new Promise(() => {});
}

async function hold(): Promise<void> {
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  await tell({ kind: "held" });
  await released;
}

/** Resolves once the report has left this process. */
const tell = (report: Report) =>
  new Promise<void>((resolve) => process.send?.(report, undefined, undefined, () => resolve()));

process.once("disconnect", () => process.exit());

// Loading takes longer than most events, so it happens before the first event.
await Promise.all(process.argv.slice(2).map((entry) => import(`../../functions/${entry}.ts`)));
await import("../../lib/providers/stripe/stripe.ts");
