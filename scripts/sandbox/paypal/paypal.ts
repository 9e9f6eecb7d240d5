import { amountField, type Call, Refusal, type Reply, requiredString, stringField } from "../kernel/call.ts";
import type { Simulator, SimulatorDeps, SimulatorModule, Which } from "../kernel/serve-simulator.ts";
import { createWebhookSender } from "../kernel/webhook-sender.ts";
import { newAccount, type PaypalAccount } from "./accounts.ts";
import { answerApi, tokenPath } from "./api.ts";
import { browseCheckout } from "./checkout-page.ts";
import { deliverAgainAfterSeconds, newSigningKey, type SigningKey } from "./events.ts";
import { ledger } from "./ledger.ts";
import { exponentOf } from "./money.ts";
import { orderNoOf } from "./order.ts";
import { createOrders, type Orders } from "./orders.ts";
import { PaypalError } from "./paypal-error.ts";
import type { Funding, Order } from "./records.ts";
import { disputed, refundSettled } from "./refund-controls.ts";
import { createRefunds, type RefundInput, type Refunds } from "./refunds.ts";
import { callName, namedCalls } from "./refusal-codes.ts";
import { createRequestIds } from "./request-ids.ts";
import { createTokens } from "./tokens.ts";
import { addWebhook } from "./webhooks.ts";

export const simulator: SimulatorModule = {
  portOffset: 4,
  create: createPaypalSimulator,
  currency: "USD",
  refundResults: { succeeded: "COMPLETED", failed: "FAILED", pending: "PENDING", canceled: "CANCELLED" },
  calls: namedCalls,
};

/** The PayPal simulator. `retryScale` multiplies the waits between deliveries. */
function createPaypalSimulator(deps: SimulatorDeps, retryScale: number): Simulator {
  const { clock, origin, keep } = deps;
  const accounts = keep<PaypalAccount[]>("accounts", []);
  const webhooks = createWebhookSender({
    ...deps,
    retryAfterSeconds: deliverAgainAfterSeconds.map((wait) => wait * retryScale),
    accepts: ({ status }) => status >= 200 && status < 300,
  });
  const signingKey = newSigningKey(clock);
  const emitting = { ...deps, webhooks, signingKey };
  const orders = createOrders(emitting);
  const refunds = createRefunds(emitting, orders);
  const tokens = createTokens(clock, accounts, keep);
  const apiDeps = { clock, orders, refunds, once: createRequestIds(clock, keep), signingKey, origin };

  function command(act: (order: Order) => void): (which: Which) => object {
    return (which) => acted(meant(orders, which), act);
  }
  const control = controls(orders, refunds);

  return {
    webhooks,
    async createAccount(input) {
      const account = newAccount(stringField(input, "country") ?? "C2");
      accounts.push(account);
      const url = stringField(input, "webhook_url");
      const webhook = url === undefined ? undefined : asControl(() => addWebhook(account, url, ["*"]));
      const { merchantId, clientId: client_id, secret } = account;
      const more = webhook && { webhook_id: webhook.id };
      return { account: merchantId, client_id, secret, mode: "sandbox", ...more };
    },
    payments: () => ledger(orders.all()),
    commands: {
      pay: command((order) => endOr(orders, order, "COMPLETED", "good")),
      approve: command((order) => orders.approve(order, "good")),
      fail: command((order) => endOr(orders, order, "DECLINED", "declined")),
      start: command((order) => orders.approve(order, "echeck")),
      expire: command(orders.lapse),
    },
    controls: control,
    isApiCall: (call) => /^\/v[12]\//.test(call.path) && call.path !== signingKey.certificatePath,
    exempt: (call) => call.path === tokenPath,
    named: { calls: namedCalls, nameOf: callName },
    api: (call, fault) => answerApi(apiDeps, tokens, call, fault),
    browse: (call) => browse(orders, signingKey, call),
  };
}

/** Control routes that take more than an order number. */
function controls(orders: Orders, refunds: Refunds): NonNullable<Simulator["controls"]> {
  const order = (body: Record<string, unknown>) =>
    meant(orders, { orderNo: requiredString(body, "order_no"), account: stringField(body, "account") });
  return {
    decline: (body) => acted(order(body), (input) => orders.approve(input, "lost")),
    refund: (body) => acted(order(body), (input) => refunds.make(captured(input), inConsole(input, body))),
    dispute: (body) => acted(order(body), (input) => disputed(refunds, captured(input), body)),
    "refund-result": (body) => asControl(() => refundSettled(refunds, body)),
  };
}

/** Ends a pending capture with `end`; without one, the buyer approves with an instrument of `funding`. */
function endOr(orders: Orders, order: Order, end: "COMPLETED" | "DECLINED", funding: Funding): void {
  if (order.capture?.status === "PENDING") orders.settle(order, end);
  else orders.approve(order, funding);
}

/** Serves the public certificate; every other call that is not an API call comes from the buyer's browser. */
function browse(orders: Orders, signingKey: SigningKey, call: Call): Reply {
  if (call.method === "GET" && call.path === signingKey.certificatePath) {
    const headers = { "content-type": "application/x-x509-ca-cert" };
    return { status: 200, headers, body: signingKey.signer().certificatePem };
  }
  return browseCheckout(orders, call);
}

/** Several orders may share an order number: picks one that can still be paid, otherwise the newest. */
function meant(orders: Orders, { orderNo, account }: Which): Order {
  const found = orders
    .all()
    .filter((order) => orderNoOf(order) === orderNo && (!account || order.account.merchantId === account));
  const order = found.find(({ capture, lapsed }) => !capture && !lapsed) ?? found.at(-1);
  if (!order) throw new Refusal(404, `PayPal has no order ${orderNo}.`);
  return order;
}

function captured(order: Order) {
  if (!order.capture) throw new Refusal(409, "The order is not captured.");
  return { order, capture: order.capture };
}

/**
 * A refund made in PayPal's console. It has the payment's `custom_id` (woocommerce-paypal-payments finds the order by
 * it) and the payment's `invoice_id`, unless the merchant enters another invoice number.
 */
function inConsole(order: Order, body: Record<string, unknown>): RefundInput {
  const { customId, invoiceId } = order.input;
  const typed = stringField(body, "invoice_id");
  return { amount: amountOf(order, body), customId, invoiceId: typed ?? invoiceId, inConsole: true };
}

/** The decimal amount of a control call; absent: undefined. */
function amountOf({ input }: Order, body: Record<string, unknown>) {
  const { currency } = input.amount;
  const minor = amountField(body, "amount", exponentOf(currency) ?? 2);
  return minor === undefined ? undefined : { minor, currency };
}

function acted(order: Order, act: (order: Order) => unknown): object {
  asControl(() => act(order));
  const { id: payment_id, status, capture } = order;
  return { order_no: orderNoOf(order), payment_id, trade_no: capture?.id ?? null, status };
}

function asControl<T>(act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw error instanceof PaypalError ? new Refusal(409, error.message) : error;
  }
}
