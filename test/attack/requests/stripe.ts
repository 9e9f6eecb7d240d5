import { createHmac } from "node:crypto";
import type { Forgery } from "../attempt.ts";
import type { Dice } from "../dice.ts";
import type { Known } from "../known.ts";

/** An event about an order of the victim's, made up from what is known of it. */
export function forgedStripe(dice: Dice, known: Known): Forgery {
  const body = event(dice, known);
  const time = Math.floor(known.now().getTime() / 1000) + dice.pick([0, 0, 0, 299, 301, -299, -301]);
  const [kind, signature] = dice.pick(ways)(dice, `${time}.${body}`, known, time);
  return { kind, headers: { "content-type": "application/json", "stripe-signature": signature }, body };
}

function event(dice: Dice, { victim, now }: Known): string {
  const { orderNo, minor, tradeNo } = dice.pick(victim.orders);
  const object = {
    id: `cs_test_${dice.hex(24)}`,
    object: "checkout.session",
    status: "complete",
    payment_status: dice.pick(["paid", "unpaid", "no_payment_required"]),
    client_reference_id: orderNo,
    metadata: { order_no: orderNo },
    amount_total: dice.pick([minor, 0, 1]),
    currency: "cny",
    payment_intent: tradeNo || `pi_${dice.hex(24)}`,
  };
  return JSON.stringify({
    id: `evt_${dice.hex(24)}`,
    object: "event",
    account: dice.pick([victim.accounts.stripe.account, undefined]),
    type: dice.pick([
      "checkout.session.completed",
      "checkout.session.expired",
      "checkout.session.async_payment_succeeded",
      "refund.updated",
      "charge.refunded",
      "charge.dispute.created",
      "toString",
    ]),
    created: Math.floor(now().getTime() / 1000),
    livemode: false,
    data: { object },
  });
}

type Way = (dice: Dice, signedText: string, known: Known, time: number) => [kind: string, header: string];

const hmac = (secret: string, text: string) => createHmac("sha256", secret).update(text).digest("hex");

const ways: readonly Way[] = [
  (_dice, text, { rival }, time) => [
    "another merchant's secret",
    `t=${time},v1=${hmac(rival.stripeSecret, text)}`,
  ],
  (dice, text, { victim }, time) => {
    const guesses = [
      "",
      "whsec_",
      "null",
      "undefined",
      victim.configs.stripe,
      victim.accounts.stripe.account!,
    ];
    return ["a guessed secret", `t=${time},v1=${hmac(dice.pick(guesses), text)}`];
  },
  (_dice, text, { rival }, time) => ["version 0", `t=${time},v0=${hmac(rival.stripeSecret, text)}`],
  (dice, _text, _known, time) => {
    const many = Array.from({ length: 1 + dice.int(60) }, () => `v1=${dice.hex(64)}`).join(",");
    return ["many signatures", `t=${time},${many}`];
  },
  (dice, _text, { victim }, time) => {
    const sent = dice.pick(victim.deliveries.filter(({ provider }) => provider === "stripe"));
    const [, signature] = /v1=(\w+)/.exec(sent.headers["stripe-signature"]!)!;
    return [
      "a true event's signature",
      dice.pick([`t=${time},v1=${signature}`, sent.headers["stripe-signature"]!]),
    ];
  },
  (dice, text, { rival }, time) => {
    const v1 = `v1=${hmac(rival.stripeSecret, text)}`;
    const odd = [
      v1,
      `t=,${v1}`,
      `t=${time}`,
      `${v1},t=${time},t=0`,
      `t=NaN,${v1}`,
      `t=1e9,${v1}`,
      `t=-1,${v1}`,
    ];
    return ["no single time", dice.pick(odd)];
  },
  (dice, _text, _known, time) => {
    const odd = [
      "v1=",
      "v1",
      "v1=[]",
      `v1=${"0".repeat(64)}`,
      `v1=${dice.hex(63)}`,
      `v1=${dice.hex(64)}x`,
      "V1=1",
    ];
    return ["no signature that could be one", `t=${time},${dice.pick(odd)}`];
  },
];
