import type { Clock } from "../../../lib/clock.ts";
import { accountObject, type StripeAccount } from "./accounts.ts";
import { createEndpoint, endpointObject, foundEndpoint, updateEndpoint } from "./endpoints.ts";
import { seconds } from "./events.ts";
import { readForm } from "./form.ts";
import { listed } from "./listed.ts";
import { refundObject } from "./refund.ts";
import { readRefundParameters } from "./refund-parameters.ts";
import type { Refunds } from "./refunds.ts";
import { isExpandable, sessionObject } from "./session.ts";
import { readSessionParameters } from "./session-parameters.ts";
import type { Sessions } from "./sessions.ts";
import { StripeError } from "./stripe-error.ts";

/** The dependencies of the API. */
export type ApiDeps = { clock: Clock; accounts: StripeAccount[]; sessions: Sessions; refunds: Refunds };

/** An authenticated call; `id` comes from the path, `form` from the query or the body. */
export type Requested = { account: StripeAccount; id: string; form: string };

type Route = [
  method: "GET" | "POST" | "DELETE",
  path: RegExp,
  act: (deps: ApiDeps, requested: Requested) => object,
];

/** The simulated part of Stripe's API. */
export const routes: Route[] = [
  ["GET", /^\/v1\/account$/, (_, { account }) => accountObject(account)],
  ["POST", /^\/v1\/checkout\/sessions$/, createSession],
  ["GET", /^\/v1\/checkout\/sessions\/([^/]+)$/, readSession],
  ["POST", /^\/v1\/checkout\/sessions\/([^/]+)\/expire$/, expireSession],
  ["POST", /^\/v1\/refunds$/, createRefund],
  ["GET", /^\/v1\/refunds$/, listRefunds],
  ["GET", /^\/v1\/refunds\/([^/]+)$/, readRefund],
  ["POST", /^\/v1\/webhook_endpoints$/, addWebhookEndpoint],
  ["GET", /^\/v1\/webhook_endpoints$/, listWebhookEndpoints],
  [
    "GET",
    /^\/v1\/webhook_endpoints\/([^/]+)$/,
    (_, { account, id }) => endpointObject(foundEndpoint(account, id)),
  ],
  ["POST", /^\/v1\/webhook_endpoints\/([^/]+)$/, changeWebhookEndpoint],
  ["DELETE", /^\/v1\/webhook_endpoints\/([^/]+)$/, deleteWebhookEndpoint],
];

function createSession({ clock, sessions }: ApiDeps, { account, form }: Requested): object {
  const input = readSessionParameters(form, seconds(clock));
  const expand = checkedExpand(input.parameters.expand);
  return sessionObject(sessions.create(account, input), expand);
}

function readSession({ sessions }: ApiDeps, { account, id, form }: Requested): object {
  const expand = checkedExpand(readForm(form, { expand: ["text"] }).expand);
  return sessionObject(sessions.find(account, id), expand);
}

function expireSession({ sessions }: ApiDeps, { account, id, form }: Requested): object {
  const expand = checkedExpand(readForm(form, { expand: ["text"] }).expand);
  const session = sessions.find(account, id);
  sessions.expire(session);
  return sessionObject(session, expand);
}

function addWebhookEndpoint({ clock }: ApiDeps, { account, form }: Requested): object {
  return endpointObject(createEndpoint(account, form, seconds(clock)), true);
}

function listWebhookEndpoints(_: ApiDeps, { account, form }: Requested): object {
  const page = readForm(form, { limit: "integer", starting_after: "text" });
  const all = account.endpoints.toReversed();
  return listed(all, page, (endpoint) => endpointObject(endpoint), "/v1/webhook_endpoints");
}

function createRefund({ refunds }: ApiDeps, { account, form }: Requested): object {
  const { session, refund } = refunds.create(account, readRefundParameters(form));
  return refundObject(session, refund);
}

function readRefund({ refunds }: ApiDeps, { account, id, form }: Requested): object {
  readForm(form, {});
  const { session, refund } = refunds.find(account, id);
  return refundObject(session, refund);
}

function listRefunds({ refunds }: ApiDeps, { account, form }: Requested): object {
  const shape = { payment_intent: "text", charge: "text", limit: "integer", starting_after: "text" } as const;
  const { payment_intent, charge, ...page } = readForm(form, shape);
  const rows = refunds
    .all()
    .filter(({ session }) => session.account === account)
    .filter(({ session: { intent } }) => !payment_intent || intent.id === payment_intent)
    .filter(({ session: { intent } }) => !charge || intent.chargeId === charge)
    .map(({ session, refund }) => ({ id: refund.id, session, refund }))
    .toReversed();
  return listed(rows, page, ({ session, refund }) => refundObject(session, refund), "/v1/refunds");
}

function changeWebhookEndpoint(_: ApiDeps, { account, id, form }: Requested): object {
  return endpointObject(updateEndpoint(foundEndpoint(account, id), form));
}

function deleteWebhookEndpoint(_: ApiDeps, { account, id }: Requested): object {
  const endpoint = foundEndpoint(account, id);
  account.endpoints.splice(account.endpoints.indexOf(endpoint), 1);
  return { id: endpoint.id, object: "webhook_endpoint", deleted: true };
}

function checkedExpand(names: string[] = []): string[] {
  const unknown = names.find((name) => !isExpandable(name));
  if (unknown === undefined) return names;
  throw new StripeError(`This property cannot be expanded (${unknown}).`, { param: "expand" });
}
