import { isAllowedIn, type Money } from "./money.ts";
import { invalid, unprocessable } from "./paypal-error.ts";
import { readAmount } from "./read-amount.ts";
import { type Fields, readFields } from "./read-fields.ts";

/** The input of a valid request to create an order. */
export type OrderInput = {
  amount: Money;
  referenceId: string;
  customId: string | undefined;
  invoiceId: string | undefined;
  description: string | undefined;
  softDescriptor: string | undefined;
  /** Whether `payment_source.paypal` was given: it decides the first status and the name of the buyer's link. */
  withSource: boolean;
  returnUrl: string | undefined;
  cancelUrl: string | undefined;
};

/** Reads the body of `POST /v2/checkout/orders` for an account of that country. Throws a `PaypalError`. */
export function readOrder(body: unknown, country: string): OrderInput {
  const fields = readFields(body);
  fields.text("intent", { required: true, oneOf: ["CAPTURE"] });
  const units = fields.list("purchase_units");
  const source = fields.object("payment_source");
  const applicationContext = fields.object("application_context");
  fields.done();
  const [unit] = units;
  if (!unit || units.length > 1) {
    throw invalid("/purchase_units", "NOT_SIMULATED", "The simulator takes one purchase unit.");
  }
  const paypal = source?.requiredObject("paypal");
  const context = paypal?.object("experience_context") ?? applicationContext;
  paypal?.done();
  source?.done();
  return { ...readUnit(unit, country), ...readContext(context), withSource: source !== undefined };
}

function readUnit(unit: Fields, country: string) {
  const input = {
    referenceId: unit.text("reference_id", { max: 256 }) ?? "default",
    customId: unit.text("custom_id", { max: 127 }),
    invoiceId: unit.text("invoice_id", { max: 127 }),
    description: unit.text("description", { max: 127 }),
    softDescriptor: unit.text("soft_descriptor", { max: 22 }),
    amount: readAmount(unit.requiredObject("amount")),
  };
  unit.done();
  if (!isAllowedIn(country, input.amount.currency)) {
    const description = "The currency is only available to accounts of its own country.";
    throw unprocessable("CURRENCY_NOT_SUPPORTED_FOR_COUNTRY", description);
  }
  return input;
}

/** `experience_context`, or the older `application_context`. */
function readContext(context: Fields | undefined) {
  if (!context) return { returnUrl: undefined, cancelUrl: undefined };
  const returnUrl = readUrl(context, "return_url");
  const cancelUrl = readUrl(context, "cancel_url");
  context.text("brand_name", { max: 127 });
  context.text("locale", { min: 2, max: 10, pattern: /^[a-z]{2}(?:-[A-Z][a-z]{3})?(?:-(?:[A-Z]{2}))?$/ });
  context.text("landing_page", { oneOf: ["LOGIN", "GUEST_CHECKOUT", "BILLING", "NO_PREFERENCE"] });
  context.text("shipping_preference", { oneOf: ["GET_FROM_FILE", "NO_SHIPPING", "SET_PROVIDED_ADDRESS"] });
  context.text("user_action", { oneOf: ["CONTINUE", "PAY_NOW"] });
  context.text("payment_method_preference", { oneOf: ["UNRESTRICTED", "IMMEDIATE_PAYMENT_REQUIRED"] });
  context.done();
  if ((returnUrl === undefined) !== (cancelUrl === undefined)) {
    const absent = returnUrl === undefined ? "return_url" : "cancel_url";
    throw invalid(`${context.at}/${absent}`, "MISSING_REQUIRED_PARAMETER", "Both URLs or none.");
  }
  return { returnUrl, cancelUrl };
}

function readUrl(context: Fields, name: string): string | undefined {
  const url = context.text(name, { min: 10, max: 4000 });
  if (url === undefined || (URL.canParse(url) && /^https?:/.test(url))) return url;
  throw invalid(`${context.at}/${name}`, "INVALID_PARAMETER_SYNTAX", "The value of a field is no URL.");
}
