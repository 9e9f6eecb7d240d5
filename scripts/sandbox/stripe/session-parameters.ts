import { checkAmount } from "./currencies.ts";
import { readForm, type Value } from "./form.ts";
import { StripeError } from "./stripe-error.ts";

const metadata = { "*": "text" } as const;
const switchable = { enabled: "boolean" } as const;

/** Parameters of docs.stripe.com/api/checkout/sessions/create that are simulated; any other is refused. */
const shape = {
  adaptive_pricing: switchable,
  allow_promotion_codes: "boolean",
  automatic_tax: switchable,
  billing_address_collection: "text",
  cancel_url: "text",
  client_reference_id: "text",
  customer_creation: "text",
  customer_email: "text",
  expand: ["text"],
  expires_at: "integer",
  line_items: [
    {
      price_data: {
        currency: "text",
        product_data: { description: "text", images: ["text"], metadata, name: "text" },
        tax_behavior: "text",
        unit_amount: "integer",
      },
      quantity: "integer",
    },
  ],
  locale: "text",
  metadata,
  mode: "text",
  payment_intent_data: { description: "text", metadata, statement_descriptor_suffix: "text" },
  payment_method_types: ["text"],
  submit_type: "text",
  success_url: "text",
} as const;

/** The input of a valid request to create a session. Times are seconds since 1970, the amount is minor units. */
export type SessionInput = {
  parameters: Value<typeof shape>;
  amount: number;
  currency: string;
  name: string;
  successUrl: string;
  expiresAt: number;
};

const halfHour = 30 * 60;
const day = 24 * 3600;

/** Reads and checks the body of a create. Throws a `StripeError`. */
export function readSessionParameters(body: string, nowSeconds: number): SessionInput {
  const parameters = readForm(body, shape);
  if (required(parameters.mode, "mode") !== "payment")
    throw new StripeError("Only mode=payment is simulated.");
  const successUrl = checkUrl(required(parameters.success_url, "success_url"), "success_url");
  if (parameters.cancel_url !== undefined) checkUrl(parameters.cancel_url, "cancel_url");
  limitLength(parameters.client_reference_id, 200, "client_reference_id");
  checkMetadata(parameters.metadata, "metadata");
  checkMetadata(parameters.payment_intent_data?.metadata, "payment_intent_data[metadata]");
  const items = required(parameters.line_items, "line_items").map(readItem);
  const [first] = items;
  if (!first) throw missing("line_items");
  if (items.some((item) => item.currency !== first.currency)) {
    throw new StripeError("All line items must have the same currency.", { param: "line_items" });
  }
  const amount = items.reduce((sum, item) => sum + item.amount, 0);
  checkAmount(amount, first.currency);
  const expiresAt = checkExpiry(parameters.expires_at ?? nowSeconds + day, nowSeconds);
  return { parameters, amount, currency: first.currency, name: first.name, successUrl, expiresAt };
}

type Item = NonNullable<Value<typeof shape>["line_items"]>[number];

function readItem({ price_data, quantity }: Item, index: number) {
  const at = `line_items[${index}]`;
  const price = required(price_data, `${at}[price_data]`);
  const each = required(price.unit_amount, `${at}[price_data][unit_amount]`);
  const count = required(quantity, `${at}[quantity]`);
  const product = required(price.product_data, `${at}[price_data][product_data]`);
  const name = required(product.name, `${at}[price_data][product_data][name]`);
  limitLength(name, 250, `${at}[price_data][product_data][name]`);
  if (each < 0 || count < 1) {
    throw new StripeError("This value must be greater than or equal to 0.", {
      code: "parameter_invalid_integer",
      param: each < 0 ? `${at}[price_data][unit_amount]` : `${at}[quantity]`,
    });
  }
  const currency = required(price.currency, `${at}[price_data][currency]`).toLowerCase();
  return { amount: each * count, currency, name };
}

function checkExpiry(expiresAt: number, nowSeconds: number): number {
  const param = "expires_at";
  if (expiresAt < nowSeconds + halfHour) {
    const message = "The `expires_at` timestamp must be at least 30 minutes from Checkout Session creation.";
    throw new StripeError(message, { param });
  }
  if (expiresAt > nowSeconds + day) {
    const message = "The `expires_at` timestamp must be less than 24 hours from Checkout Session creation.";
    throw new StripeError(message, { param });
  }
  return expiresAt;
}

/** Limits of docs.stripe.com/api/metadata: 50 names of 40 characters, values of 500. */
export function checkMetadata(provided: Record<string, string> | undefined, param: string): void {
  const entries = Object.entries(provided ?? {});
  if (entries.length > 50) throw new StripeError("Metadata can have at most 50 keys.", { param });
  for (const [name, value] of entries) {
    limitLength(name, 40, `${param}[${name}]`);
    limitLength(value, 500, `${param}[${name}]`);
  }
}

/** In characters: Unicode code points, as `maxLength` of stripe/openapi counts them (JSON Schema validation, 6.3.1). */
function limitLength(text: string | undefined, max: number, param: string): void {
  if (text === undefined || [...text].length <= max) return;
  throw new StripeError(`Invalid string: must be at most ${max} characters`, { param });
}

function checkUrl(url: string, param: string): string {
  if (!URL.canParse(url) || !/^https?:/.test(url)) {
    throw new StripeError("Not a valid URL", { code: "url_invalid", param });
  }
  limitLength(url, 5000, param);
  return url;
}

function required<T>(value: T | undefined, param: string): T {
  if (value === undefined) throw missing(param);
  return value;
}

function missing(param: string): StripeError {
  return new StripeError(`Missing required param: ${param}.`, { code: "parameter_missing", param });
}
