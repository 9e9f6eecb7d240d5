import { createHmac, randomUUID } from "node:crypto";
import { madeObject } from "../../steps/api.ts";
import type { Bytes, SignedCall } from "../../steps/signed-webhooks.ts";
import type { Shop, World } from "../../steps/world.ts";

export type EventParts = {
  type?: string;
  account?: string;
  session?: object;
  signedAt?: Date;
  secret?: string;
};

/** Stripe events of the shop's account, signed with its webhook secret. */
export function stripeEvents(world: World, shop: Shop) {
  const { webhook_secret: secret } = shop.accounts.stripe!;

  function signed<Body extends Bytes>(
    body: Body,
    { signedAt = world.clock.now(), secret: other }: EventParts = {},
  ): SignedCall<Body> {
    const time = Math.floor(signedAt.getTime() / 1000);
    const v1 = createHmac("sha256", other ?? secret!)
      .update(`${time}.`)
      .update(body)
      .digest("hex");
    return {
      body,
      headers: { "content-type": "application/json", "stripe-signature": `t=${time},v1=${v1}` },
    };
  }

  /** An event about the order's session; by default the session is paid. */
  function event(orderNo: unknown, parts: EventParts = {}): SignedCall {
    const { type = "checkout.session.completed", account, session = {} } = parts;
    const object = {
      id: madeObject(orderNo) ?? "cs_test_1",
      object: "checkout.session",
      metadata: { order_no: orderNo },
      status: "complete",
      payment_status: "paid",
      client_reference_id: orderNo,
      amount_total: 1234,
      currency: "cny",
      payment_intent: `pi_${randomUUID()}`,
      ...session,
    };
    const body = JSON.stringify({
      id: `evt_${randomUUID()}`,
      object: "event",
      type,
      created: Math.floor(world.clock.now().getTime() / 1000),
      livemode: false,
      ...(account && { account }),
      data: { object },
    });
    return signed(body, parts);
  }

  return { path: `stripe/${shop.configs.stripe}`, event, signed };
}
