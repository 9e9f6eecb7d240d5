import { GatewayError } from "../errors.ts";
import { isCurrency } from "./currencies.ts";
import { fromDecimal, type Money, NotExact } from "./money.ts";

/** Refuses amounts that the currency cannot express exactly; never rounds. */
export function readAmount(text: string, currency: string): Money {
  if (!isCurrency(currency)) throw notAllowed("currency", `unknown currency ${currency}`);
  try {
    return fromDecimal(text, currency);
  } catch (error) {
    if (error instanceof NotExact) throw notAllowed("amount", error.message);
    throw error;
  }
}

function notAllowed(field: string, message: string): GatewayError {
  return new GatewayError("amount_not_allowed", `${field}: ${message}`, { fields: [{ field, message }] });
}
