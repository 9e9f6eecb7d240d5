import { randomText } from "../kernel/random.ts";
import type { StripeAccount, WebhookEndpoint } from "./accounts.ts";
import { readForm } from "./form.ts";
import { StripeError } from "./stripe-error.ts";

/** Event types that exist in these families (docs.stripe.com/api/events/types), so that a misspelt type is refused. */
const families: Record<string, string[]> = {
  "checkout.session": ["async_payment_failed", "async_payment_succeeded", "completed", "expired"],
  payment_intent: [
    "amount_capturable_updated",
    "canceled",
    "created",
    "partially_funded",
    "payment_failed",
    "processing",
    "requires_action",
    "succeeded",
  ],
  charge: ["captured", "expired", "failed", "pending", "refunded", "succeeded", "updated", "refund.updated"],
  "charge.dispute": ["closed", "created", "funds_reinstated", "funds_withdrawn", "updated"],
  refund: ["created", "failed", "updated"],
};

/** Endpoints of one account in test mode (docs.stripe.com/webhooks). */
const maxEndpoints = 16;
const createShape = {
  api_version: "text",
  description: "text",
  enabled_events: ["text"],
  metadata: { "*": "text" },
  url: "text",
} as const;
const { api_version: _fixed, ...changeable } = createShape;
const updateShape = { ...changeable, disabled: "boolean" } as const;

/** `POST /v1/webhook_endpoints`. Throws a `StripeError`. */
export function createEndpoint(account: StripeAccount, body: string, nowSeconds: number): WebhookEndpoint {
  const input = readForm(body, createShape);
  if (input.url === undefined) throw missing("url");
  if (input.enabled_events === undefined) throw missing("enabled_events");
  const secret = `whsec_${randomText(32)}`;
  const endpoint = addEndpoint(account, {
    url: input.url,
    events: input.enabled_events,
    secret,
    nowSeconds,
  });
  endpoint.description = input.description ?? null;
  endpoint.metadata = input.metadata ?? {};
  endpoint.apiVersion = input.api_version ?? null;
  return endpoint;
}

type Registration = { url: string; events: string[]; secret: string; nowSeconds: number };

/** Registers an endpoint. Throws a `StripeError`. */
export function addEndpoint(
  account: StripeAccount,
  { url, events, secret, nowSeconds }: Registration,
): WebhookEndpoint {
  if (account.endpoints.length >= maxEndpoints) {
    throw new StripeError(`You have reached the maximum of ${maxEndpoints} test webhook endpoints.`);
  }
  const endpoint: WebhookEndpoint = {
    id: `we_1${randomText(23)}`,
    url: checkedUrl(url),
    enabledEvents: checkedEvents(events),
    description: null,
    metadata: {},
    apiVersion: null,
    status: "enabled",
    secret,
    createdAt: nowSeconds,
  };
  account.endpoints.push(endpoint);
  return endpoint;
}

/** `POST /v1/webhook_endpoints/:id`: changes only the given fields. */
export function updateEndpoint(endpoint: WebhookEndpoint, body: string): WebhookEndpoint {
  const input = readForm(body, updateShape);
  if (input.url !== undefined) endpoint.url = checkedUrl(input.url);
  if (input.enabled_events !== undefined) endpoint.enabledEvents = checkedEvents(input.enabled_events);
  if (input.disabled !== undefined) endpoint.status = input.disabled ? "disabled" : "enabled";
  if (input.description !== undefined) endpoint.description = input.description;
  if (input.metadata !== undefined) endpoint.metadata = { ...endpoint.metadata, ...input.metadata };
  return endpoint;
}

/** The account's endpoint of that id. Throws `resource_missing` (404). */
export function foundEndpoint(account: StripeAccount, id: string): WebhookEndpoint {
  const endpoint = account.endpoints.find((one) => one.id === id);
  if (endpoint) return endpoint;
  const details = { status: 404, code: "resource_missing", param: "webhook_endpoint", executed: true };
  throw new StripeError(`No such webhook endpoint: '${id}'`, details);
}

/** The endpoint as the API shows it; its secret is shown once, when it is created. */
export function endpointObject(endpoint: WebhookEndpoint, withSecret = false): object {
  return {
    id: endpoint.id,
    object: "webhook_endpoint",
    api_version: endpoint.apiVersion,
    application: null,
    created: endpoint.createdAt,
    description: endpoint.description,
    enabled_events: endpoint.enabledEvents,
    livemode: false,
    metadata: endpoint.metadata,
    ...(withSecret && { secret: endpoint.secret }),
    status: endpoint.status,
    url: endpoint.url,
  };
}

function checkedUrl(url: string): string {
  if (URL.canParse(url) && /^https?:/.test(url)) return url;
  throw new StripeError("Invalid URL: An explicit scheme (such as https) must be provided.", {
    code: "url_invalid",
    param: "url",
  });
}

function checkedEvents(events: string[]): string[] {
  const unknown = events.findIndex((event) => event !== "*" && !exists(event));
  if (unknown < 0) return events;
  throw new StripeError(`Invalid enabled_events: ${events[unknown]} is not an event that is simulated.`, {
    param: `enabled_events[${unknown}]`,
  });
}

function exists(event: string): boolean {
  return Object.entries(families).some(([family, types]) =>
    types.some((type) => event === `${family}.${type}`),
  );
}

function missing(param: string): StripeError {
  return new StripeError(`Missing required param: ${param}.`, { code: "parameter_missing", param });
}
