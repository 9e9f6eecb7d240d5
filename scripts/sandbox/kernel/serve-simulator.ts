import type { Clock } from "../../../lib/clock.ts";
import { type Agenda, type AgendaClock, createAgenda } from "./agenda.ts";
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
import type { Post, WebhookSender } from "./webhook-sender.ts";

/** One payment at the provider: the truth that checks compare with. One row per object that the provider holds. */
export type LedgerRow = {
  provider: string;
  account: string;
  order_no: string;
  /** The provider's id of what was created (session id, or the order number itself). */
  payment_id: string;
  /** The provider's id of the money; null until there is one. */
  trade_no: string | null;
  status: "open" | "started" | "paid" | "failed" | "closed" | "refunded";
  /** The provider's own word for it. */
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

/** Which payment a control call means. */
export type Which = { orderNo: string; account: string | undefined };

/** What a provider's simulator is: its accounts, its ledger, what people can do to a payment, and its protocol. */
export type Simulator = {
  createAccount(wanted: Record<string, unknown>): Promise<object>;
  payments(): LedgerRow[];
  /** `POST /_sim/<name> {order_no}`; a verb that is not here is a 404. */
  verbs: Partial<Record<"pay" | "approve" | "fail" | "expire" | "start", (which: Which) => object>>;
  /** Further control routes of this provider, by name. */
  extra?: Record<string, (body: Record<string, unknown>) => object>;
  webhooks: WebhookSender;
  /** Does a merchant's program call this (faults apply), or a buyer's browser (they do not)? */
  isApiCall(call: Call): boolean;
  /** API calls that faults leave alone unless they name the path, such as fetching an access token. Absent: none. */
  spared?(call: Call): boolean;
  api(call: Call, fault: AnswerFault): Reply | Promise<Reply>;
  browse(call: Call): Reply;
  /**
   * What `on` of a fault can name (`create`, `query`, `close`, `capture`, `refund`, `refund_query` wherever the provider
   * has the call), and with which `code` each can be refused. `api` answers `fault.code`. Absent: none.
   */
  named?: { calls: NamedCalls; nameOf(call: Call): string | undefined };
  /** From now on every signature is by a new certificate; the old ones stay valid. Absent: it has no certificates. */
  rotateCertificates?(): void;
};

/** What every simulator is given. `origin` is known once it listens. */
export type Surroundings = {
  clock: Clock;
  agenda: Agenda;
  faults: Faults;
  log: Log;
  origin(): string;
  /** Replaces the sending of webhooks over HTTP. */
  post?: Post | undefined;
};

type Serving = { clock: AgendaClock; log: Log; port?: number; post?: Post | undefined };

/** Calls kept for `GET /_sim/calls`, so that a soak does not eat the memory. */
const maxCalls = 50_000;

/** Puts a simulator on its own port: control under `/_sim`, everything else is the provider's protocol. */
export async function serveSimulator(
  { clock, log, port, post }: Serving,
  create: (surroundings: Surroundings) => Simulator,
): Promise<Listener> {
  const agenda = createAgenda(clock);
  const faults = createFaults(() => simulator.named?.calls ?? {});
  const calls: Call[] = [];
  let origin = "";
  const simulator: Simulator = create({ clock, agenda, faults, log, origin: () => origin, post });

  const listener = await listen({ clock, log, port }, async (call) => {
    if (call.path.startsWith("/_sim/")) return control(simulator, faults, calls, call);
    calls.push(call);
    if (calls.length > maxCalls) calls.shift();
    if (!simulator.isApiCall(call)) return simulator.browse(call);
    const [name, spared] = [simulator.named?.nameOf(call), simulator.spared?.(call) ?? false];
    return answerApi(simulator, faults.onAnswer({ path: call.path, name, spared }), call);
  });
  origin = listener.url;
  return {
    url: listener.url,
    async stop() {
      agenda.stop();
      await listener.stop();
    },
  };
}

async function answerApi(simulator: Simulator, fault: AnswerFault, call: Call): Promise<Answer> {
  const reply = await simulator.api(call, fault);
  const silence = fault.timeout_after_success;
  if (silence === undefined || silence === false) return reply;
  return { hangUpAfterMs: silence === true ? 0 : silence };
}

/** The answer that a fault puts in place of executing; undefined when none does. */
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
    const extra = Object.entries(simulator.extra ?? {}).find(([known]) => known === name)?.[1];
    if (extra) return json(extra(body));
    const verb = Object.entries(simulator.verbs).find(([known]) => known === name)?.[1];
    if (verb)
      return json(verb({ orderNo: requiredString(body, "order_no"), account: stringField(body, "account") }));
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
  if (!simulator.webhooks.resend(orderNo)) throw new Refusal(409, `No webhook was made for ${orderNo} yet.`);
  return { order_no: orderNo };
}

function shownCall({ at, method, target, headers, body }: Call): object {
  return { at: at.toISOString(), method, path: target, headers, body };
}
