import type { Forgery } from "../attempt.ts";
import type { Rng } from "../rng.ts";
import type { Delivery, Name, Targets } from "../targets.ts";

/** Headers that carry each provider's signature or are covered by it. */
export const signatureHeaders: Record<Name, readonly string[]> = {
  alipay: [],
  wechat: ["wechatpay-timestamp", "wechatpay-nonce", "wechatpay-serial", "wechatpay-signature"],
  stripe: ["stripe-signature"],
  paypal: [
    "paypal-transmission-id",
    "paypal-transmission-time",
    "paypal-transmission-sig",
    "paypal-cert-url",
    "paypal-auth-algo",
  ],
};

/** A webhook that was really sent to the victim, modified. */
export function changedDelivery(rng: Rng, { victim, now }: Targets, provider: Name): Forgery {
  const sent = rng.pick(victim.deliveries.filter((delivery) => delivery.provider === provider));
  return rng.pick(changes)(rng, sent, now());
}

/** A webhook that was really sent to another merchant or by another provider. */
export function misdirectedDelivery(rng: Rng, { rival, victim }: Targets, provider: Name): Forgery {
  const others = [...rival.deliveries, ...victim.deliveries.filter((sent) => sent.provider !== provider)];
  const { headers, body, provider: from } = rng.pick(others);
  const kind = from === provider ? "another merchant's event" : "another provider's event";
  return { kind, headers, body };
}

const changes: readonly ((rng: Rng, sent: Delivery, now: Date) => Forgery)[] = [
  oneByteChanged,
  cutOff,
  withMoreBytes,
  otherTimes,
  withoutOneHeader,
  withSignatureOfNothing,
];

/** Changes only letters and digits, because other bytes may decode to the same form. */
function oneByteChanged(rng: Rng, { provider, headers, body }: Delivery): Forgery {
  const kind = "one byte of the body changed";
  const changed = Buffer.from(body);
  const from = rng.int(changed.length);
  for (let step = 0; step < changed.length; step++) {
    const at = (from + step) % changed.length;
    const isEscape = [1, 2].some((back) => changed[at - back] === 0x25);
    // The last base64 letters of a form's signature contain unused bits.
    const isTail = provider === "alipay" && isNearEndOfField(changed, at);
    if (!/[0-9A-Za-z]/.test(String.fromCharCode(changed[at]!)) || isEscape || isTail) continue;
    changed[at] = changed[at] === 0x31 ? 0x32 : 0x31;
    break;
  }
  return { kind, headers, body: changed };
}

function isNearEndOfField(body: Buffer, at: number): boolean {
  const rest = body.subarray(at, at + 8).toString("latin1");
  return rest.length < 8 || /[&%]/.test(rest);
}

function cutOff(rng: Rng, { headers, body }: Delivery): Forgery {
  return { kind: "cut off", headers, body: body.subarray(0, rng.int(body.length)) };
}

function withMoreBytes(rng: Rng, { headers, body, provider }: Delivery): Forgery {
  const form = ["&a=b", "&trade_status=TRADE_SUCCESS", "%00", "&%00"];
  const json = [" ", "\n", "\0", "{}", "﻿"];
  const more = Buffer.from(rng.pick(provider === "alipay" ? form : json));
  const parts = provider === "alipay" || rng.oneIn(2) ? [body, more] : [more, body];
  return { kind: "with more bytes", headers, body: Buffer.concat(parts) };
}

/** The genuine signature with another time, id or nonce. */
function otherTimes(rng: Rng, sent: Delivery, now: Date): Forgery {
  const { provider, headers, body } = sent;
  const time = new Date(now.getTime() + rng.pick([-400_000, -299_000, 1_000, 299_000, 400_000]));
  const provided = Math.floor(time.getTime() / 1000);
  const signature = headers["stripe-signature"] ?? "";
  const isItsOwn = [signature, headers["wechatpay-timestamp"]].some((own) => own?.includes(String(provided)));
  const seconds = String(provided + (isItsOwn ? 1 : 0));
  // Alipay's time is a field of the form.
  if (provider === "alipay") return formField(sent, "notify_time", time.toISOString());
  const places: Record<Exclude<Name, "alipay">, [name: string, value: string][]> = {
    wechat: [
      ["wechatpay-timestamp", seconds],
      ["wechatpay-nonce", seconds],
    ],
    stripe: [
      ["stripe-signature", signature.replace(/t=\d+/, `t=${seconds}`)],
      ["stripe-signature", signature.replace(/t=\d+/, `t=${seconds},t=1`)],
    ],
    paypal: [
      ["paypal-transmission-time", time.toISOString()],
      ["paypal-transmission-id", rng.hex(32)],
    ],
  };
  const [name, value] = rng.pick(places[provider]);
  return { kind: "its signature, another time", headers: { ...headers, [name]: value }, body };
}

function formField({ headers, body }: Delivery, name: string, value: string): Forgery {
  const form = new URLSearchParams(body.toString());
  form.set(name, value);
  return { kind: `another ${name}`, headers, body: form.toString() };
}

function withoutOneHeader(rng: Rng, sent: Delivery): Forgery {
  const { provider, headers, body } = sent;
  const names = signatureHeaders[provider];
  if (names.length === 0) return formField(sent, "sign", rng.pick(["", "AAAA", "=", "null", "undefined"]));
  const name = rng.pick(names);
  const { [name]: _, ...left } = headers;
  return { kind: `without ${name}`, headers: left, body };
}

/** A signature of the right format with random bytes. */
function withSignatureOfNothing(rng: Rng, sent: Delivery, now: Date): Forgery {
  const { provider, headers, body } = sent;
  const base64 = Buffer.from(rng.hex(512), "hex").toString("base64");
  if (provider === "alipay") return formField(sent, "sign", base64);
  const name = { wechat: "wechatpay-signature", paypal: "paypal-transmission-sig" }[provider as string];
  const value = name ? base64 : `t=${Math.floor(now.getTime() / 1000)},v1=${rng.hex(64)}`;
  return { kind: "a random signature", headers: { ...headers, [name ?? "stripe-signature"]: value }, body };
}
