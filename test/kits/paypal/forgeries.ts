import { createHmac, sign } from "node:crypto";
import { crc32 } from "node:zlib";
import type { Forger, Forgery } from "../../attack/attempt.ts";
import { atAnotherTime, randomRsa, withoutOneHeader, withSignature } from "../../attack/requests/headers.ts";
import type { Rng } from "../../attack/rng.ts";
import type { Delivery, Targets } from "../../attack/targets.ts";

type Headers = Record<string, string>;

const signatureHeaders = [
  "paypal-transmission-id",
  "paypal-transmission-time",
  "paypal-transmission-sig",
  "paypal-cert-url",
  "paypal-auth-algo",
];

export const forger: Forger = {
  forge,
  signatureHeaders,
  withOtherTime: (rng, sent, time) =>
    rng.oneIn(2)
      ? atAnotherTime(sent, "paypal-transmission-time", time.toISOString())
      : atAnotherTime(sent, "paypal-transmission-id", rng.hex(32)),
  withoutPart: (rng, sent) => withoutOneHeader(rng, sent, signatureHeaders),
  withRandomSignature: (rng, sent) => withSignature(sent, "paypal-transmission-sig", randomRsa(rng)),
  reasons: ["paypal-cert-url is not PayPal's"],
};

function forge(rng: Rng, targets: Targets): Forgery {
  return rng.pick(ways)(rng, event(rng, targets), targets);
}

function event(rng: Rng, { victim }: Targets): string {
  const { orderNo, minor, tradeNo } = rng.pick(victim.orders);
  const resource = {
    id: tradeNo || rng.hex(17).toUpperCase(),
    status: rng.pick(["COMPLETED", "PENDING", "DECLINED", "APPROVED"]),
    invoice_id: orderNo,
    amount: { currency_code: "CNY", value: (minor / 100).toFixed(2) },
    payee: { merchant_id: victim.accounts.paypal.account },
    purchase_units: [{ invoice_id: orderNo }],
  };
  const event_type = rng.pick([
    "PAYMENT.CAPTURE.COMPLETED",
    "PAYMENT.CAPTURE.REFUNDED",
    "PAYMENT.CAPTURE.DENIED",
    "CHECKOUT.ORDER.APPROVED",
    "CUSTOMER.DISPUTE.CREATED",
  ]);
  return JSON.stringify({ id: `WH-${rng.hex(17)}`, event_type, resource });
}

const ways: readonly ((rng: Rng, body: string, targets: Targets) => Forgery)[] = [
  (rng, body, targets) => ({
    kind: "signed with a key of its own",
    headers: headersFor(rng, body, targets),
    body,
  }),
  (rng, body, targets) => {
    const url = rng.pick(oddUrls(sent(rng, targets).headers["paypal-cert-url"]!));
    const headers = { ...headersFor(rng, body, targets), "paypal-cert-url": url };
    return { kind: "another certificate", headers, body };
  },
  (rng, body, targets) => {
    const { headers } = sent(rng, targets);
    const collides = crc32(body) === crc32(sent(rng, targets).body);
    return { kind: "a true event's signature", headers, body: collides ? `${body} ` : body };
  },
  (rng, body, targets) => {
    const headers = headersFor(rng, body, targets);
    const { "paypal-transmission-id": id, "paypal-transmission-time": time } = headers;
    const text = `${id}|${time}|${rng.hex(17)}|${crc32(body)}`;
    const signature = createHmac("sha256", headers["paypal-cert-url"]!).update(text).digest("base64");
    return { kind: "no RSA", headers: { ...headers, "paypal-transmission-sig": signature }, body };
  },
  (rng, body, targets) => {
    const algorithm = rng.pick(["SHA1withRSA", "none", "", "SHA256withRSA,none", "sha256withrsa", "HS256"]);
    const headers = { ...headersFor(rng, body, targets), "paypal-auth-algo": algorithm };
    return { kind: "another algorithm", headers, body };
  },
  (rng, body, targets) => {
    const time = rng.pick([
      "",
      "0",
      "2026-13-45T99:99:99Z",
      "2020-01-01T00:00:00Z",
      "2999-01-01T00:00:00Z",
      "now",
    ]);
    const headers = { ...headersFor(rng, body, targets), "paypal-transmission-time": time };
    return { kind: "a time that is none", headers, body };
  },
];

function sent(rng: Rng, { victim }: Targets): Delivery {
  return rng.pick(victim.deliveries.filter(({ provider }) => provider === "paypal"));
}

/** Valid headers, except that the attacker's own key made the signature. */
function headersFor(rng: Rng, body: string, targets: Targets): Headers {
  const time = targets.now().toISOString();
  const id = rng.hex(32);
  const text = `${id}|${time}|${rng.hex(17)}|${crc32(body)}`;
  return {
    "content-type": "application/json",
    "paypal-transmission-id": id,
    "paypal-transmission-time": time,
    "paypal-transmission-sig": sign("sha256", Buffer.from(text), targets.own.privateKey).toString("base64"),
    "paypal-cert-url": sent(rng, targets).headers["paypal-cert-url"]!,
    "paypal-auth-algo": "SHA256withRSA",
  };
}

/** Variants of the genuine URL: other hosts, other paths, not a URL. No request may ever reach the trap host. */
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
