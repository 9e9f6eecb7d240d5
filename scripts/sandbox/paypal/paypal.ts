import { amountField, type Call, Refusal, type Reply, requiredString, stringField } from "../kernel/call.ts";
import type { Simulator, Surroundings, Which } from "../kernel/serve-simulator.ts";
import { createWebhookSender } from "../kernel/webhook-sender.ts";
import { newAccount, type PaypalAccount } from "./accounts.ts";
import { answerApi, tokenPath } from "./api.ts";
import { browseCheckout } from "./checkout-page.ts";
import { deliverAgainAfterSeconds, newSeal, type Seal } from "./events.ts";
import { ledger } from "./ledger.ts";
import { exponentOf } from "./money.ts";
import { type Funding, type Order, orderNoOf } from "./order.ts";
import { createOrders, type Orders } from "./orders.ts";
import { PaypalError } from "./paypal-error.ts";
import { disputed, refundSettled } from "./refund-controls.ts";
import { createRefunds, type Refunds, type WantedRefund } from "./refunds.ts";
import { callName, namedCalls } from "./refusal-codes.ts";
import { createRequestIds } from "./request-ids.ts";
import { createTokens } from "./tokens.ts";
import { addWebhook } from "./webhooks.ts";

/** PayPal. `retryScale` multiplies the waits between deliveries. */
export function createPaypalSimulator(surroundings: Surroundings, retryScale: number): Simulator {
  const { clock, origin, keep } = surroundings;
  const accounts = keep<PaypalAccount[]>("accounts", []);
  const webhooks = createWebhookSender({
    ...surroundings,
    retryAfterSeconds: deliverAgainAfterSeconds.map((wait) => wait * retryScale),
    accepts: ({ status }) => status >= 200 && status < 300,
  });
  const seal = newSeal(clock);
  const emitting = { ...surroundings, webhooks, seal };
  const orders = createOrders(emitting);
  const refunds = createRefunds(emitting, orders);
  const tokens = createTokens(clock, accounts, keep);
  const office = { clock, orders, refunds, once: createRequestIds(clock, keep), seal, origin };

  function verb(act: (order: Order) => void): (which: Which) => object {
    return (which) => acted(meant(orders, which), act);
  }
  const control = controls(orders, refunds);

  return {
    webhooks,
    async createAccount(wanted) {
      const account = newAccount(stringField(wanted, "country") ?? "C2");
      accounts.push(account);
      const url = stringField(wanted, "webhook_url");
      const webhook = url === undefined ? undefined : asControl(() => addWebhook(account, url, ["*"]));
      const { merchantId, clientId: client_id, secret } = account;
      const more = webhook && { webhook_id: webhook.id };
      return { account: merchantId, client_id, secret, mode: "sandbox", ...more };
    },
    payments: () => ledger(orders.all()),
    verbs: {
      pay: verb((order) => endOr(orders, order, "COMPLETED", "good")),
      approve: verb((order) => orders.approve(order, "good")),
      fail: verb((order) => endOr(orders, order, "DECLINED", "declined")),
      start: verb((order) => orders.approve(order, "echeck")),
      expire: verb(orders.lapse),
    },
    extra: control,
    isApiCall: (call) => /^\/v[12]\//.test(call.path) && call.path !== seal.certificatePath,
    spared: (call) => call.path === tokenPath,
    named: { calls: namedCalls, nameOf: callName },
    api: (call, fault) => answerApi(office, tokens, call, fault),
    browse: (call) => browse(orders, seal, call),
  };
}

/** Control routes that take more than an order number. */
function controls(orders: Orders, refunds: Refunds): NonNullable<Simulator["extra"]> {
  const order = (body: Record<string, unknown>) =>
    meant(orders, { orderNo: requiredString(body, "order_no"), account: stringField(body, "account") });
  return {
    decline: (body) => acted(order(body), (wanted) => orders.approve(wanted, "lost")),
    refund: (body) => acted(order(body), (wanted) => refunds.make(captured(wanted), inConsole(wanted, body))),
    dispute: (body) => acted(order(body), (wanted) => disputed(refunds, captured(wanted), body)),
    "refund-result": (body) => asControl(() => refundSettled(refunds, body)),
  };
}

/** A pending capture ends so; else the buyer approves with such an instrument. */
function endOr(orders: Orders, order: Order, end: "COMPLETED" | "DECLINED", funding: Funding): void {
  if (order.capture?.status === "PENDING") orders.settle(order, end);
  else orders.approve(order, funding);
}

/** The certificate is public; everything else that is no API call is the buyer's. */
function browse(orders: Orders, seal: Seal, call: Call): Reply {
  if (call.method === "GET" && call.path === seal.certificatePath) {
    const headers = { "content-type": "application/x-x509-ca-cert" };
    return { status: 200, headers, body: seal.signer().certificatePem };
  }
  return browseCheckout(orders, call);
}

/** An order number may have several orders: one that can still be paid is meant, else the newest. */
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
 * A refund in PayPal's console: it shows the numbers of the payment (woocommerce-paypal-payments finds the order of such a
 * refund by its `custom_id`), but for an invoice number that the merchant types.
 */
function inConsole(order: Order, body: Record<string, unknown>): WantedRefund {
  const { customId, invoiceId } = order.wanted;
  const typed = stringField(body, "invoice_id");
  return { amount: amountOf(order, body), customId, invoiceId: typed ?? invoiceId, inConsole: true };
}

/** The decimal amount of a control call; absent: undefined. */
function amountOf({ wanted }: Order, body: Record<string, unknown>) {
  const { currency } = wanted.amount;
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
