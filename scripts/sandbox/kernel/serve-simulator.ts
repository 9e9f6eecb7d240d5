import type { Clock } from "../../../lib/clock.ts";
import {
  type Answer,
  type Call,
  json,
  jsonObject,
  Refusal,
  type Reply,
  requiredString,
  stringField,
} from "./call.ts";
import { type AnswerFault, createFaults, type Faults, type NamedCalls } from "./faults.ts";
import { type Listener, type Log, listen } from "./listen.ts";
import { createScheduler, type Scheduler, type SchedulerClock } from "./scheduler.ts";
import { type Keep, openStoredState } from "./stored-state.ts";
import type { Post, WebhookSender } from "./webhook-sender.ts";

/** One payment object of the provider. Checks compare the gateway's state with these rows. */
export type LedgerRow = {
  provider: string;
  account: string;
  order_no: string;
  /** The provider's id of the payment object (session id, or the order number itself). */
  payment_id: string;
  /** The provider's id of the transaction; null until there is one. */
  trade_no: string | null;
  status: "open" | "started" | "paid" | "failed" | "closed" | "refunded";
  /** The provider's own status. */
  provider_status: string;
  amount: string;
  amount_minor: number;
  currency: string;
  refunded_minor: number;
  /** How many objects this account holds for this order_no; more than one is a double creation. */
  created: number;
  created_at: string;
  paid_at: string | null;
  expires_at: string | null;
};

/** The payment that a control call refers to. */
export type Which = { orderNo: string; account: string | undefined };

/** A provider's simulator: accounts, ledger, control commands for payments, and the provider's protocol. */
export type Simulator = {
  createAccount(input: Record<string, unknown>): Promise<object>;
  payments(): LedgerRow[];
  /** `POST /_sim/<name> {order_no}`; an absent command answers 404. */
  commands: Partial<Record<"pay" | "approve" | "fail" | "expire" | "start", (which: Which) => object>>;
  /** Further control routes of this provider, by name. */
  controls?: Record<string, (body: Record<string, unknown>) => object>;
  webhooks: WebhookSender;
  /** Whether this is a merchant's API call (faults apply) and not one of a buyer's browser (they do not). */
  isApiCall(call: Call): boolean;
  /** API calls to which only faults with `path` or `on` apply, such as fetching an access token. Absent: none. */
  exempt?(call: Call): boolean;
  api(call: Call, fault: AnswerFault): Reply | Promise<Reply>;
  browse(call: Call): Reply;
  /**
   * The calls that a fault's `on` can name (`create`, `query`, `close`, `capture`, `refund`, `refund_query`, as far as
   * the provider has them), each with its refusal codes. `api` answers with `fault.code`. Absent: none.
   */
  named?: { calls: NamedCalls; nameOf(call: Call): string | undefined };
  /** Signs with a new certificate from now on; the old ones stay valid. Absent: the provider has no certificates. */
  rotateCertificates?(): void;
};

/** What the folder of a simulated provider exports, as `simulator` of `<name>/<name>.ts`. */
export type SimulatorModule = {
  /** Its port when the sandbox has a fixed one: this many above. It also orders lists of providers. */
  portOffset: number;
  /** `retryScale` multiplies the waits between webhook attempts. */
  create(deps: SimulatorDeps, retryScale: number): Simulator;
  /** A currency that all its accounts accept. */
  currency: string;
  /** Its words for `_sim/refund-result`. */
  refundResults: { succeeded: string; failed: string; pending: string; canceled: string };
  /** The calls that `_sim/faults {on}` can name, with their refusal codes. */
  calls: NamedCalls;
  /** URL of the page that replaces scanning a code, at this simulator. Absent: the code is a URL itself. */
  scanUrl?(simulatorUrl: string, qrCode: string): string;
  /** Webhooks go to the URLs that `_sim/endpoint {account, url}` registers. Absent: to the config's own URL. */
  hasEndpoints?: true;
};

/** The dependencies of a simulator. `origin` is known once it listens. */
export type SimulatorDeps = {
  clock: Clock;
  scheduler: Scheduler;
  faults: Faults;
  log: Log;
  origin(): string;
  /** State that survives a restart: payments, refunds, accounts, endpoints, answers by idempotency key. */
  keep: Keep;
  /** Replaces the sending of webhooks over HTTP. */
  post?: Post | undefined;
};

type Serving = {
  clock: SchedulerClock;
  log: Log;
  port?: number | undefined;
  post?: Post | undefined;
  /** The file with its state; absent: the state lives as long as the process. */
  stateFile?: string | undefined;
};

/** How many calls `GET /_sim/calls` returns at most; limits the memory that a long load test needs. */
const maxCalls = 50_000;

/** Puts a simulator on its own port: control under `/_sim`, everything else is the provider's protocol. */
export async function serveSimulator(
  { clock, log, port, post, stateFile }: Serving,
  create: (deps: SimulatorDeps) => Simulator,
): Promise<Listener> {
  const scheduler = createScheduler(clock);
  const faults = createFaults(() => simulator.named?.calls ?? {});
  const calls: Call[] = [];
  const state = openStoredState(stateFile);
  let origin = "";
  const simulator: Simulator = create({
    clock,
    scheduler,
    faults,
    log,
    origin: () => origin,
    post,
    keep: state.keep,
  });

  const listener = await listen({ clock, log, port }, async (call) => {
    try {
      return await answer(call);
    } finally {
      // Before the answer is sent, so that saved state includes what the caller has seen.
      state.called();
    }
  }).catch((error) => {
    scheduler.stop();
    throw error;
  });
  async function answer(call: Call): Promise<Answer> {
    if (call.path.startsWith("/_sim/")) return control(simulator, faults, calls, call);
    calls.push(call);
    if (calls.length > maxCalls) calls.shift();
    if (!simulator.isApiCall(call)) return simulator.browse(call);
    const [name, exempt] = [simulator.named?.nameOf(call), simulator.exempt?.(call) ?? false];
    return answerApi(simulator, faults.onAnswer({ path: call.path, name, exempt }), call);
  }
  origin = listener.url;
  return {
    url: listener.url,
    async stop() {
      scheduler.stop();
      await listener.stop();
      state.save();
    },
  };
}

async function answerApi(simulator: Simulator, fault: AnswerFault, call: Call): Promise<Answer> {
  const reply = await simulator.api(call, fault);
  const silence = fault.timeout_after_success;
  if (silence === undefined || silence === false) return reply;
  return { hangUpAfterMs: silence === true ? 0 : silence };
}

/** The answer that a fault gives instead of executing the call; undefined without such a fault. */
export function replyInstead({ status, retry_after, html }: AnswerFault): Reply | undefined {
  if (status === undefined && retry_after === undefined && !html) return undefined;
  const headers: Record<string, string> = { "content-type": "text/html; charset=utf-8" };
  if (retry_after !== undefined) headers["retry-after"] = String(retry_after);
  const instead = status ?? (retry_after === undefined ? 200 : 429);
  return { status: instead, headers, body: `<html><body><h1>${instead}</h1></body></html>` };
}

async function control(simulator: Simulator, faults: Faults, calls: Call[], call: Call): Promise<Reply> {
  const name = call.path.slice("/_sim/".length);
  if (call.method === "GET") {
    if (name === "payments") return json(simulator.payments());
    if (name === "webhooks") return json(simulator.webhooks.lines());
    if (name === "calls") return json(calls.map(shownCall));
  }
  if (call.method === "POST") {
    const body = jsonObject(call);
    if (name === "accounts") return json(await simulator.createAccount(body), 201);
    if (name === "faults") return json(setFaults(simulator, faults, body));
    if (name === "resend") return json(resend(simulator, body));
    const ownControl = Object.entries(simulator.controls ?? {}).find(([existing]) => existing === name)?.[1];
    if (ownControl) return json(ownControl(body));
    const command = Object.entries(simulator.commands).find(([existing]) => existing === name)?.[1];
    if (command)
      return json(
        command({ orderNo: requiredString(body, "order_no"), account: stringField(body, "account") }),
      );
  }
  throw new Refusal(404, `This simulator has no ${call.method} ${call.path}.`);
}

function setFaults(simulator: Simulator, faults: Faults, body: Record<string, unknown>): object {
  if (body.rotate_certificates === true && !simulator.rotateCertificates) {
    throw new Refusal(400, "This simulator has no certificates to rotate.");
  }
  const settings = faults.set(body);
  if (settings.rotate_certificates) simulator.rotateCertificates?.();
  return settings;
}

function resend(simulator: Simulator, body: Record<string, unknown>): object {
  const orderNo = requiredString(body, "order_no");
  if (!simulator.webhooks.resend(orderNo)) throw new Refusal(409, `There is no webhook for ${orderNo} yet.`);
  return { order_no: orderNo };
}

function shownCall({ at, method, target, headers, body }: Call): object {
  return { at: at.toISOString(), method, path: target, headers, body };
}
