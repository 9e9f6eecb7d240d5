import type * as z from "zod";
import { GatewayError } from "../errors.ts";
import { isCurrency } from "../money/currencies.ts";
import { fromDecimal, type Money, NotExact } from "../money/money.ts";
import type { WantedPayment } from "../payment/request.ts";
import { providers } from "../providers/registry.ts";
import type { createPaymentWanted } from "./payment-contracts.ts";

/** A checked create request in the gateway's own terms, defaults applied. */
export function wantedPayment(wanted: z.output<ReturnType<typeof createPaymentWanted>>): WantedPayment {
  return {
    provider: wanted.provider,
    scene: sceneOf(wanted.provider, wanted.scene),
    config: wanted.config,
    outTradeNo: wanted.out_trade_no,
    subject: wanted.subject,
    body: wanted.body,
    amount: amountOf(wanted.amount, wanted.currency),
    notifyUrl: wanted.notify_url ?? null,
    returnUrl: wanted.return_url ?? null,
    expiresInSeconds: wanted.expires_in,
    metadata: wanted.metadata,
    extraParams: wanted.extra_params,
  };
}

function sceneOf(provider: string, scene: string | undefined): string {
  const known: readonly string[] = providers[provider]?.scenes ?? [];
  const found = scene === undefined ? known[0] : known.find((name) => name === scene);
  if (found !== undefined) return found;
  const message = `unknown scene of ${provider}: use one of ${known.join(", ")}`;
  throw new GatewayError("invalid_parameter", `scene: ${message}`, { fields: [{ field: "scene", message }] });
}

/** What the currency cannot express exactly is refused, never rounded. */
function amountOf(text: string, currency: string): Money {
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
