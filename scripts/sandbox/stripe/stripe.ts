import { type Call, Refusal, type Reply, requiredString, seeOther, stringField } from "../kernel/call.ts";
import { decimal } from "../kernel/decimal.ts";
import { messagePage, payPage } from "../kernel/page.ts";
import type {
  LedgerRow,
  Simulator,
  SimulatorDeps,
  SimulatorModule,
  Which,
} from "../kernel/serve-simulator.ts";
import { createWebhookSender } from "../kernel/webhook-sender.ts";
import { newAccount, type StripeAccount } from "./accounts.ts";
import { answerApi } from "./api.ts";
import { exponentOf } from "./currencies.ts";
import { addEndpoint, endpointObject } from "./endpoints.ts";
import { deliverAgainAfterSeconds, seconds } from "./events.ts";
import { createIdempotency } from "./idempotency.ts";
import { openPaymentLink } from "./payment-link.ts";
import type { Session } from "./records.ts";
import { refundedMinor } from "./refund.ts";
import { disputed, refundByHand, refundSettled } from "./refund-controls.ts";
import { createRefunds, type Refunds } from "./refunds.ts";
import { named } from "./refusals.ts";

import { createSessions, type Sessions } from "./sessions.ts";
import { StripeError } from "./stripe-error.ts";

export const simulator: SimulatorModule = {
  portOffset: 3,
  create: createStripeSimulator,
  currency: "USD",
  refundResults: { succeeded: "succeeded", failed: "failed", pending: "pending", canceled: "canceled" },
  calls: named.calls,
  hasEndpoints: true,
};

/** The Stripe simulator. `retryScale` multiplies the waits between deliveries. */
function createStripeSimulator(deps: SimulatorDeps, retryScale: number): Simulator {
  const { clock, keep } = deps;
  const accounts = keep<StripeAccount[]>("accounts", []);
  const webhooks = createWebhookSender({
    ...deps,
    retryAfterSeconds: deliverAgainAfterSeconds.map((wait) => wait * retryScale),
    accepts: ({ status }) => status >= 200 && status < 300,
  });
  const sessions = createSessions({ ...deps, webhooks });
  const refunds = createRefunds({ clock, webhooks }, sessions, keep);
  const idempotent = createIdempotency(clock, keep);

  function register(account: StripeAccount, url: string, events = ["*"]): object {
    const secret = account.webhookSecret;
    return asControl(() =>
      endpointObject(addEndpoint(account, { url, events, secret, nowSeconds: seconds(clock) })),
    );
  }

  function accountOf(body: Record<string, unknown>): StripeAccount {
    const id = requiredString(body, "account");
    const account = accounts.find((one) => one.id === id);
    if (account) return account;
    throw new Refusal(404, `Stripe has no account ${id}.`);
  }

  function command(act: (session: Session) => void): (which: Which) => object {
    return (which) => {
      const session = meant(sessions, which);
      asControl(() => act(session));
      return shown(session);
    };
  }

  return {
    webhooks,
    async createAccount(input) {
      const account = newAccount();
      const url = stringField(input, "webhook_url");
      if (url !== undefined) register(account, url);
      accounts.push(account);
      return { account: account.id, secret_key: account.secretKey, webhook_secret: account.webhookSecret };
    },
    payments: () => ledger(sessions.all()),
    commands: {
      pay: command(sessions.pay),
      fail: command(sessions.fail),
      expire: command(sessions.expire),
      start: command(sessions.start),
    },
    controls: {
      endpoint: (body) =>
        register(accountOf(body), requiredString(body, "url"), eventNames(body.enabled_events)),
      "payment-link": (body) =>
        shown(asControl(() => openPaymentLink(sessions, accountOf(body), body, seconds(clock)))),
      // The old key is refused from now on (docs.stripe.com/keys#rolling-keys, "Now").
      "roll-key"(body) {
        const account = accountOf(body);
        account.secretKey = newAccount().secretKey;
        return { account: account.id, secret_key: account.secretKey };
      },
      ...moneyControls(sessions, refunds),
    },
    isApiCall: (call) => call.path.startsWith("/v1/"),
    api: (call, fault) => answerApi({ clock, accounts, sessions, refunds }, idempotent, call, fault),
    browse: (call) => browse(sessions, call),
    named,
  };
}

/** Control routes for paid payments. */
function moneyControls(sessions: Sessions, refunds: Refunds): NonNullable<Simulator["controls"]> {
  const acting =
    (act: (refunds: Refunds, session: Session, body: Record<string, unknown>) => void) =>
    (body: Record<string, unknown>) => {
      const which = { orderNo: requiredString(body, "order_no"), account: stringField(body, "account") };
      const session = meant(sessions, which);
      asControl(() => act(refunds, session, body));
      return shown(session);
    };
  return {
    refund: acting(refundByHand),
    dispute: acting(disputed),
    "refund-result": (body) => refundSettled(refunds, body),
  };
}

function browse(sessions: Sessions, call: Call): Reply {
  const [, id, act] = /^\/c\/pay\/([^/]+)(?:\/(pay|decline))?$/.exec(call.path) ?? [];
  const session = sessions.all().find((one) => one.id === id);
  if (!session || (call.method === "POST") !== (act !== undefined)) {
    throw new Refusal(404, `Stripe has no ${call.method} ${call.path}.`);
  }
  if (session.status !== "open")
    return messagePage("Stripe (simulated)", `This session is ${session.status}.`, 410);
  const { input } = session;
  if (act === undefined) {
    return payPage({
      provider: "Stripe",
      subject: input.name,
      amount: `${shownAmount(session)} ${input.currency.toUpperCase()}`,
      payUrl: `/c/pay/${session.id}/pay`,
      failUrl: `/c/pay/${session.id}/decline`,
      failLabel: "Decline the card and cancel",
    });
  }
  if (act === "pay") sessions.pay(session);
  else sessions.fail(session);
  const next = act === "pay" ? input.successUrl : input.parameters.cancel_url;
  if (next === undefined) return messagePage("Stripe (simulated)", "Your card was declined.");
  return seeOther(next.replaceAll("{CHECKOUT_SESSION_ID}", session.id));
}

/** Several sessions may share an order number: picks the open one, otherwise the newest. */
function meant(sessions: Sessions, { orderNo, account }: Which): Session {
  const found = sessions
    .all()
    .filter((session) => session.orderNo === orderNo && (!account || session.account.id === account));
  const session = found.find(({ status }) => status === "open") ?? found.at(-1);
  if (!session) throw new Refusal(404, `Stripe has no session for ${orderNo}.`);
  return session;
}

function asControl<T>(act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw error instanceof StripeError ? new Refusal(409, error.message) : error;
  }
}

function eventNames(names: unknown): string[] | undefined {
  if (names === undefined) return undefined;
  if (Array.isArray(names) && names.every((name) => typeof name === "string")) return names;
  throw new Refusal(400, "enabled_events must be a list of strings.");
}

function shown(session: Session): object {
  const { orderNo: order_no, id, status, paymentStatus: payment_status } = session;
  return { order_no, payment_id: id, trade_no: session.intent.id, status, payment_status };
}

function ledger(sessions: Session[]): LedgerRow[] {
  return sessions.map((session) => ({
    provider: "stripe",
    account: session.account.id,
    order_no: session.orderNo,
    payment_id: session.id,
    trade_no: session.status === "complete" ? session.intent.id : null,
    status: ledgerStatus(session),
    provider_status: `${session.status}/${session.paymentStatus}`,
    amount: shownAmount(session),
    amount_minor: session.input.amount,
    currency: session.input.currency.toUpperCase(),
    refunded_minor: refundedMinor(session.refunds),
    created: sessions.filter(
      (other) => other.account === session.account && other.orderNo === session.orderNo,
    ).length,
    created_at: isoTime(session.createdAt),
    paid_at: session.paidAt === undefined ? null : isoTime(session.paidAt),
    expires_at: isoTime(session.input.expiresAt),
  }));
}

function ledgerStatus({ status, paymentStatus, intent, input, refunds }: Session): LedgerRow["status"] {
  if (paymentStatus === "paid") return refundedMinor(refunds) === input.amount ? "refunded" : "paid";
  if (status === "open") return "open";
  if (status === "expired") return "closed";
  return intent.status === "processing" ? "started" : "failed";
}

function shownAmount({ input }: Session): string {
  return decimal(input.amount, exponentOf(input.currency) ?? 2);
}

function isoTime(secondsSince1970: number): string {
  return new Date(secondsSince1970 * 1000).toISOString();
}
