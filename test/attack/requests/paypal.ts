import { createHmac, sign } from "node:crypto";
import { crc32 } from "node:zlib";
import type { Forgery } from "../attempt.ts";
import type { Dice } from "../dice.ts";
import type { Delivery, Known } from "../known.ts";

type Headers = Record<string, string>;

/** An event about an order of the victim's, made up from what is known of it. */
export function forgedPaypal(dice: Dice, known: Known): Forgery {
  return dice.pick(ways)(dice, event(dice, known), known);
}

function event(dice: Dice, { victim }: Known): string {
  const { orderNo, minor, tradeNo } = dice.pick(victim.orders);
  const resource = {
    id: tradeNo || dice.hex(17).toUpperCase(),
    status: dice.pick(["COMPLETED", "PENDING", "DECLINED", "APPROVED"]),
    invoice_id: orderNo,
    amount: { currency_code: "CNY", value: (minor / 100).toFixed(2) },
    payee: { merchant_id: victim.accounts.paypal.account },
    purchase_units: [{ invoice_id: orderNo }],
  };
  const event_type = dice.pick([
    "PAYMENT.CAPTURE.COMPLETED",
    "PAYMENT.CAPTURE.REFUNDED",
    "PAYMENT.CAPTURE.DENIED",
    "CHECKOUT.ORDER.APPROVED",
    "CUSTOMER.DISPUTE.CREATED",
  ]);
  return JSON.stringify({ id: `WH-${dice.hex(17)}`, event_type, resource });
}

const ways: readonly ((dice: Dice, body: string, known: Known) => Forgery)[] = [
  (dice, body, known) => ({
    kind: "signed with a key of its own",
    headers: headersFor(dice, body, known),
    body,
  }),
  (dice, body, known) => {
    const url = dice.pick(oddUrls(sent(dice, known).headers["paypal-cert-url"]!));
    const headers = { ...headersFor(dice, body, known), "paypal-cert-url": url };
    return { kind: "another certificate", headers, body };
  },
  (dice, body, known) => {
    const { headers } = sent(dice, known);
    const collides = crc32(body) === crc32(sent(dice, known).body);
    return { kind: "a true event's signature", headers, body: collides ? `${body} ` : body };
  },
  (dice, body, known) => {
    const headers = headersFor(dice, body, known);
    const { "paypal-transmission-id": id, "paypal-transmission-time": time } = headers;
    const text = `${id}|${time}|${dice.hex(17)}|${crc32(body)}`;
    const signature = createHmac("sha256", headers["paypal-cert-url"]!).update(text).digest("base64");
    return { kind: "no RSA", headers: { ...headers, "paypal-transmission-sig": signature }, body };
  },
  (dice, body, known) => {
    const algorithm = dice.pick(["SHA1withRSA", "none", "", "SHA256withRSA,none", "sha256withrsa", "HS256"]);
    const headers = { ...headersFor(dice, body, known), "paypal-auth-algo": algorithm };
    return { kind: "another algorithm", headers, body };
  },
  (dice, body, known) => {
    const time = dice.pick([
      "",
      "0",
      "2026-13-45T99:99:99Z",
      "2020-01-01T00:00:00Z",
      "2999-01-01T00:00:00Z",
      "now",
    ]);
    const headers = { ...headersFor(dice, body, known), "paypal-transmission-time": time };
    return { kind: "a time that is none", headers, body };
  },
];

function sent(dice: Dice, { victim }: Known): Delivery {
  return dice.pick(victim.deliveries.filter(({ provider }) => provider === "paypal"));
}

/** All that is wrong with it is whose key has signed it. */
function headersFor(dice: Dice, body: string, known: Known): Headers {
  const time = known.now().toISOString();
  const id = dice.hex(32);
  const text = `${id}|${time}|${dice.hex(17)}|${crc32(body)}`;
  return {
    "content-type": "application/json",
    "paypal-transmission-id": id,
    "paypal-transmission-time": time,
    "paypal-transmission-sig": sign("sha256", Buffer.from(text), known.own.privateKey).toString("base64"),
    "paypal-cert-url": sent(dice, known).headers["paypal-cert-url"]!,
    "paypal-auth-algo": "SHA256withRSA",
  };
}

/** To other hosts, other paths and nowhere, from the true one; nothing may ever be asked of the trap's host. */
function oddUrls(genuine: string): string[] {
  const { origin, host, pathname } = new URL(genuine);
  const evil = "paypal-certificates.invalid";
  return [
    ...[
      `https://${evil}${pathname}`,
      `http://${host}@${evil}${pathname}`,
      `https://${host}.${evil}${pathname}`,
    ],
    ...[`${origin}/v1/notifications/certs/../../oauth2/token`, `${origin}/v1/notifications/certs/%2e%2e`],
    ...[`${genuine}?x=1`, `${genuine}#x`, `${genuine}/`, `${genuine}x`, `file:///etc/passwd`, `data:,x`],
    ...[
      "https://api.paypal.com/v1/notifications/certs/x",
      "http://169.254.169.254/latest/meta-data",
      "//x",
      "",
    ],
    `http://user:pass@${host}${pathname}`,
    `${origin}\\@${evil}${pathname}`,
    `${origin}/v1/notifications/certs/CERT-1`,
  ];
}
