import type * as z from "zod";
import { GatewayError } from "../errors.ts";
import type { WantedPayment } from "../payment/request.ts";
import { scenesOf } from "../providers/registry.ts";
import type { createPaymentWanted } from "./payment-contracts.ts";
import { readAmount } from "./read-amount.ts";

/** A checked create request in the gateway's own terms, defaults applied. */
export function wantedPayment(wanted: z.output<ReturnType<typeof createPaymentWanted>>): WantedPayment {
  return {
    provider: wanted.provider,
    scene: sceneOf(wanted.provider, wanted.scene),
    config: wanted.config,
    outTradeNo: wanted.out_trade_no,
    subject: wanted.subject,
    body: wanted.body,
    amount: readAmount(wanted.amount, wanted.currency),
    notifyUrl: wanted.notify_url ?? null,
    returnUrl: wanted.return_url ?? null,
    expiresInSeconds: wanted.expires_in,
    metadata: wanted.metadata,
    extraParams: wanted.extra_params,
  };
}

function sceneOf(provider: string, scene: string | undefined): string {
  const known = scenesOf(provider);
  const found = scene === undefined ? known[0] : known.find((name) => name === scene);
  if (found !== undefined) return found;
  const message = `unknown scene of ${provider}: use one of ${known.join(", ")}`;
  throw new GatewayError("invalid_parameter", `scene: ${message}`, { fields: [{ field: "scene", message }] });
}
