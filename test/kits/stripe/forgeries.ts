import { createHmac } from "node:crypto";
import type { Forger, Forgery } from "../../attack/attempt.ts";
import { atAnotherTime, withoutOneHeader, withSignature } from "../../attack/requests/headers.ts";
import type { Rng } from "../../attack/rng.ts";
import type { Targets } from "../../attack/targets.ts";

const header = "stripe-signature";

export const forger: Forger = {
  forge,
  signatureHeaders: [header],
  withOtherTime(rng, sent, time) {
    const signature = sent.headers[header]!;
    const provided = Math.floor(time.getTime() / 1000);
    const seconds = provided + (signature.includes(String(provided)) ? 1 : 0);
    const more = rng.pick(["", ",t=1"]);
    return atAnotherTime(sent, header, signature.replace(/t=\d+/, `t=${seconds}${more}`));
  },
  withoutPart: (rng, sent) => withoutOneHeader(rng, sent, [header]),
  withRandomSignature: (rng, sent, now) =>
    withSignature(sent, header, `t=${Math.floor(now.getTime() / 1000)},v1=${rng.hex(64)}`),
  reasons: ["the signature does not fit the event"],
};

function forge(rng: Rng, targets: Targets): Forgery {
  const body = event(rng, targets);
  const time = Math.floor(targets.now().getTime() / 1000) + rng.pick([0, 0, 0, 299, 301, -299, -301]);
  const [kind, signature] = rng.pick(ways)(rng, `${time}.${body}`, targets, time);
  return { kind, headers: { "content-type": "application/json", "stripe-signature": signature }, body };
}

function event(rng: Rng, { victim, now }: Targets): string {
  const { orderNo, minor, tradeNo } = rng.pick(victim.orders);
  const object = {
    id: `cs_test_${rng.hex(24)}`,
    object: "checkout.session",
    status: "complete",
    payment_status: rng.pick(["paid", "unpaid", "no_payment_required"]),
    client_reference_id: orderNo,
    metadata: { order_no: orderNo },
    amount_total: rng.pick([minor, 0, 1]),
    currency: "cny",
    payment_intent: tradeNo || `pi_${rng.hex(24)}`,
  };
  return JSON.stringify({
    id: `evt_${rng.hex(24)}`,
    object: "event",
    account: rng.pick([victim.accounts.stripe.account, undefined]),
    type: rng.pick([
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

type Way = (rng: Rng, signedText: string, targets: Targets, time: number) => [kind: string, header: string];

const hmac = (secret: string, text: string) => createHmac("sha256", secret).update(text).digest("hex");

const ways: readonly Way[] = [
  (_rng, text, { rival }, time) => [
    "another merchant's secret",
    `t=${time},v1=${hmac(rival.credentials.stripe.webhook_secret!, text)}`,
  ],
  (rng, text, { victim }, time) => {
    const guesses = [
      "",
      "whsec_",
      "null",
      "undefined",
      victim.configs.stripe,
      victim.accounts.stripe.account!,
    ];
    return ["a guessed secret", `t=${time},v1=${hmac(rng.pick(guesses), text)}`];
  },
  (_rng, text, { rival }, time) => [
    "version 0",
    `t=${time},v0=${hmac(rival.credentials.stripe.webhook_secret!, text)}`,
  ],
  (rng, _text, _targets, time) => {
    const many = Array.from({ length: 1 + rng.int(60) }, () => `v1=${rng.hex(64)}`).join(",");
    return ["many signatures", `t=${time},${many}`];
  },
  (rng, _text, { victim }, time) => {
    const sent = rng.pick(victim.deliveries.filter(({ provider }) => provider === "stripe"));
    const [, signature] = /v1=(\w+)/.exec(sent.headers["stripe-signature"]!)!;
    return [
      "a true event's signature",
      rng.pick([`t=${time},v1=${signature}`, sent.headers["stripe-signature"]!]),
    ];
  },
  (rng, text, { rival }, time) => {
    const v1 = `v1=${hmac(rival.credentials.stripe.webhook_secret!, text)}`;
    const odd = [
      v1,
      `t=,${v1}`,
      `t=${time}`,
      `${v1},t=${time},t=0`,
      `t=NaN,${v1}`,
      `t=1e9,${v1}`,
      `t=-1,${v1}`,
    ];
    return ["no single time", rng.pick(odd)];
  },
  (rng, _text, _targets, time) => {
    const odd = [
      "v1=",
      "v1",
      "v1=[]",
      `v1=${"0".repeat(64)}`,
      `v1=${rng.hex(63)}`,
      `v1=${rng.hex(64)}x`,
      "V1=1",
    ];
    return ["no signature that could be one", `t=${time},${rng.pick(odd)}`];
  },
];
