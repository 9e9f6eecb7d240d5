import type { Shop, World } from "../../steps/world.ts";
import { aTradeNo, paidMinor, type Signer } from "../signer.ts";
import { stripeEvents } from "./signed-events.ts";

export async function openStripeSigner(world: World, shop: Shop): Promise<Signer> {
  const { path, event, signed } = stripeEvents(world, shop);
  return {
    path,
    configId: shop.configs.stripe!,
    input: {},
    paid: ({ orderNo, minor = paidMinor, account, tradeNo = `pi_${aTradeNo()}` }) =>
      event(orderNo, {
        session: { amount_total: minor, payment_intent: tradeNo },
        ...(account && { account }),
      }),
    earlier: (orderNo) =>
      event(orderNo, {
        type: "checkout.session.expired",
        session: { status: "expired", payment_status: "unpaid" },
      }),
    signs: (body) => signed(body),
    signature: ({ headers }) => /v1=(\w+)/.exec(headers["stripe-signature"]!)![1]!,
    withSignature({ body, headers: { "stripe-signature": header = "", ...headers } }, signature) {
      if (signature === null) return { body, headers };
      return {
        body,
        headers: { ...headers, "stripe-signature": header.replace(/v1=\w+/, `v1=${signature}`) },
      };
    },
  };
}
