import { amountField, Refusal, requiredString } from "../kernel/call.ts";
import { randomText } from "../kernel/random.ts";
import type { StripeAccount } from "./accounts.ts";
import { exponentOf } from "./currencies.ts";
import type { Session } from "./records.ts";

import { readSessionParameters } from "./session-parameters.ts";
import type { Sessions } from "./sessions.ts";

/**
 * `_sim/payment-link {account, client_reference_id, amount, currency, outcome}`: a buyer opens a Payment Link of the
 * account with that reference in its URL (https://docs.stripe.com/payment-links/customize), and then pays, lets it
 * expire, or starts or fails a delayed payment. The session has the metadata of the link, never any from the buyer.
 */
export function openPaymentLink(
  sessions: Sessions,
  account: StripeAccount,
  body: Record<string, unknown>,
  nowSeconds: number,
): Session {
  const reference = requiredString(body, "client_reference_id");
  if (!/^[0-9A-Za-z_-]{1,200}$/.test(reference)) {
    throw new Refusal(400, "client_reference_id takes letters, digits, dashes and underscores.");
  }
  const currency = requiredString(body, "currency").toLowerCase();
  const amount = amountField(body, "amount", exponentOf(currency) ?? 2);
  if (amount === undefined) throw new Refusal(400, "amount is missing.");
  const form = new URLSearchParams({
    mode: "payment",
    client_reference_id: reference,
    success_url: "https://buy.stripe.example/thanks",
    "line_items[0][quantity]": "1",
    "line_items[0][price_data][currency]": currency,
    "line_items[0][price_data][unit_amount]": String(amount),
    "line_items[0][price_data][product_data][name]": "Something else",
  });
  const input = readSessionParameters(form.toString(), nowSeconds);
  const session = sessions.create(account, input, `plink_1${randomText(23)}`);
  act(sessions, session, requiredString(body, "outcome"));
  return session;
}

function act(sessions: Sessions, session: Session, outcome: string): void {
  if (outcome === "pay" || outcome === "expire" || outcome === "start") sessions[outcome](session);
  else if (outcome === "fail") {
    sessions.start(session);
    sessions.fail(session);
  } else throw new Refusal(400, "outcome must be pay, expire, start or fail.");
}
