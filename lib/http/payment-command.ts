import type * as z from "zod";
import { GatewayError } from "../errors.ts";
import type { CreatePaymentCommand } from "../payments/request.ts";
import { scenesOf } from "../providers/registry.ts";
import type { createPaymentInput } from "./payment-contracts.ts";
import { readAmount } from "./read-amount.ts";

/** Maps a validated create request to the use case's command, with defaults applied. */
export function paymentCommand(input: z.output<ReturnType<typeof createPaymentInput>>): CreatePaymentCommand {
  return {
    provider: input.provider,
    scene: sceneOf(input.provider, input.scene),
    config: input.config,
    outTradeNo: input.out_trade_no,
    subject: input.subject,
    body: input.body,
    amount: readAmount(input.amount, input.currency),
    notifyUrl: input.notify_url ?? null,
    returnUrl: input.return_url ?? null,
    expiresInSeconds: input.expires_in,
    metadata: input.metadata,
    extraParams: input.extra_params,
  };
}

function sceneOf(provider: string, scene: string | undefined): string {
  const scenes = scenesOf(provider);
  const found = scene === undefined ? scenes[0] : scenes.find((name) => name === scene);
  if (found !== undefined) return found;
  const message = `unknown scene of ${provider}: use one of ${scenes.join(", ")}`;
  throw new GatewayError("invalid_parameter", `scene: ${message}`, { fields: [{ field: "scene", message }] });
}
