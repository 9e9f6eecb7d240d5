import type { Clock } from "../../../lib/clock.ts";
import { json, type Reply } from "../kernel/call.ts";
import type { PaypalAccount } from "./accounts.ts";
import { captureObject, minimalRefund, refundObject } from "./capture.ts";
import type { SigningKey } from "./events.ts";
import { minimalCapturedOrder, minimalOrder, orderObject } from "./order.ts";
import { readOrder } from "./order-parameters.ts";
import type { Orders } from "./orders.ts";
import type { PaypalError } from "./paypal-error.ts";
import { readAmount } from "./read-amount.ts";
import { readFields } from "./read-fields.ts";
import type { Refunds } from "./refunds.ts";
import { keepSeconds, type OncePerRequestId } from "./request-ids.ts";
import { verifyWebhookSignature } from "./verify-webhook-signature.ts";
import { createWebhook, eventTypesObject, foundWebhook, webhookObject } from "./webhooks.ts";

/** The dependencies of the API. */
export type ApiDeps = {
  clock: Clock;
  orders: Orders;
  refunds: Refunds;
  once: OncePerRequestId;
  signingKey: SigningKey;
  origin(): string;
};

/** An authenticated call. `id` comes from the path; `whole`: `Prefer: return=representation`. */
export type Requested = {
  account: PaypalAccount;
  path: string;
  id: string;
  body: Record<string, unknown>;
  rawBody: string;
  requestId: string | undefined;
  whole: boolean;
  /** A fault: PayPal reads the request and refuses it with this. */
  refused: PaypalError | undefined;
  inFlightMs: number;
};

type Route = [method: string, path: RegExp, act: (deps: ApiDeps, requested: Requested) => Reply];

/** The simulated part of PayPal's API, without fetching a token. */
export const routes: Route[] = [
  ["POST", /^\/v2\/checkout\/orders$/, createOrder],
  [
    "GET",
    /^\/v2\/checkout\/orders\/([^/]+)$/,
    ({ orders, origin }, { account, id }) => json(orderObject(orders.find(account, id), origin())),
  ],
  ["POST", /^\/v2\/checkout\/orders\/([^/]+)\/capture$/, captureOrder],
  ["GET", /^\/v2\/payments\/captures\/([^/]+)$/, readCapture],
  ["POST", /^\/v2\/payments\/captures\/([^/]+)\/refund$/, refundCapture],
  ["GET", /^\/v2\/payments\/refunds\/([^/]+)$/, readRefund],
  ["GET", /^\/v1\/identity\/oauth2\/userinfo$/, (_, { account }) => json(userInfo(account))],
  ["GET", /^\/v1\/notifications\/webhooks$/, listWebhooks],
  ["POST", /^\/v1\/notifications\/webhooks$/, postWebhook],
  ["GET", /^\/v1\/notifications\/webhooks-event-types$/, () => json(eventTypesObject())],
  [
    "GET",
    /^\/v1\/notifications\/webhooks\/([^/]+)$/,
    ({ origin }, { account, id }) => json(webhookObject(foundWebhook(account, id), origin())),
  ],
  ["DELETE", /^\/v1\/notifications\/webhooks\/([^/]+)$/, deleteWebhook],
  ["POST", /^\/v1\/notifications\/verify-webhook-signature$/, verifySignature],
];

function createOrder({ orders, once, origin }: ApiDeps, requested: Requested): Reply {
  const { account, body, whole } = requested;
  const { result: order, replayed } = once(identified(requested, keepSeconds.order), () =>
    orders.create(account, readOrder(body, account.country)),
  );
  const today = replayed ? orders.find(account, order.id) : order;
  return json((whole ? orderObject : minimalOrder)(today, origin()), replayed ? 200 : 201);
}

function captureOrder({ orders, once, origin }: ApiDeps, requested: Requested): Reply {
  const order = orders.find(requested.account, requested.id);
  readFields(requested.body).done();
  const { result: capture, replayed } = once(identified(requested, keepSeconds.order), () =>
    orders.capture(order),
  );
  const shown = requested.whole
    ? orderObject(order, origin())
    : minimalCapturedOrder(order, capture, origin());
  return json(shown, replayed ? 200 : 201);
}

function readCapture({ refunds, origin }: ApiDeps, { account, id }: Requested): Reply {
  const { order, capture } = refunds.findCapture(account, id);
  return json(captureObject(order, capture, origin()));
}

function refundCapture({ refunds, once, origin }: ApiDeps, requested: Requested): Reply {
  const captured = refunds.findCapture(requested.account, requested.id);
  const fields = readFields(requested.body);
  const amount = fields.object("amount");
  const input = {
    amount: amount && readAmount(amount),
    requestId: requested.requestId,
    customId: fields.text("custom_id", { max: 127, pattern: /^[A-Za-z0-9-_.,]*$/ }),
    invoiceId: fields.text("invoice_id", { max: 127, pattern: /^.*$/ }),
    note: fields.text("note_to_payer", { max: 255, pattern: /^.*$/ }),
  };
  fields.done();
  const { result: refund, replayed } = once(identified(requested, keepSeconds.payment), () =>
    refunds.make(captured, input),
  );
  const { order, capture } = captured;
  const shown = requested.whole
    ? refundObject(order, capture, refund, origin())
    : minimalRefund(capture, refund, origin());
  return json(shown, replayed ? 200 : 201);
}

function readRefund({ refunds, origin }: ApiDeps, { account, id }: Requested): Reply {
  const { order, capture, refund } = refunds.find(account, id);
  return json(refundObject(order, capture, refund, origin()));
}

function listWebhooks({ origin }: ApiDeps, { account }: Requested): Reply {
  return json({ webhooks: account.webhooks.map((webhook) => webhookObject(webhook, origin())) });
}

function postWebhook({ origin }: ApiDeps, { account, body }: Requested): Reply {
  return json(webhookObject(createWebhook(account, body), origin()), 201);
}

function deleteWebhook(_: ApiDeps, { account, id }: Requested): Reply {
  account.webhooks.splice(account.webhooks.indexOf(foundWebhook(account, id)), 1);
  return { status: 204, headers: {}, body: "" };
}

function verifySignature({ signingKey, origin }: ApiDeps, { account, rawBody }: Requested): Reply {
  return json(verifyWebhookSignature(account, signingKey, origin() + signingKey.certificatePath, rawBody));
}

/** `GET /v1/identity/oauth2/userinfo?schema=paypalv1.1`: with an app's own token it returns the app's account. */
function userInfo({ merchantId, email, country }: PaypalAccount): object {
  return {
    user_id: `https://www.paypal.com/webapps/auth/identity/user/${merchantId}`,
    name: "Simulated shop",
    payer_id: merchantId,
    address: { country },
    verified_account: "true",
    emails: [{ value: email, primary: true, confirmed: true }],
  };
}

function identified({ account, path, requestId, refused, inFlightMs }: Requested, keepSeconds: number) {
  return { merchantId: account.merchantId, path, requestId, keepSeconds, refused, inFlightMs };
}
