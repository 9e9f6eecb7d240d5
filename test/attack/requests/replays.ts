import type { Forgery } from "../attempt.ts";
import type { Dice } from "../dice.ts";
import type { Delivery, Known, Name } from "../known.ts";

/** Headers that each provider signs with or signs over. */
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

/** Something that was really sent to the victim, changed so that it is no longer that. */
export function changedDelivery(dice: Dice, { victim, now }: Known, provider: Name): Forgery {
  const sent = dice.pick(victim.deliveries.filter((delivery) => delivery.provider === provider));
  return dice.pick(changes)(dice, sent, now());
}

/** Something that was really sent to somebody else. */
export function strangersDelivery(dice: Dice, { rival, victim }: Known, provider: Name): Forgery {
  const others = [...rival.deliveries, ...victim.deliveries.filter((sent) => sent.provider !== provider)];
  const { headers, body, provider: from } = dice.pick(others);
  const kind = from === provider ? "another merchant's event" : "another provider's event";
  return { kind, headers, body };
}

const changes: readonly ((dice: Dice, sent: Delivery, now: Date) => Forgery)[] = [
  oneByteChanged,
  cutOff,
  withMoreBytes,
  otherTimes,
  withoutOneHeader,
  withSignatureOfNothing,
];

/** Letters and digits only: what differs in another byte may decode to the same form. */
function oneByteChanged(dice: Dice, { provider, headers, body }: Delivery): Forgery {
  const kind = "one byte of the body changed";
  const changed = Buffer.from(body);
  const from = dice.int(changed.length);
  for (let step = 0; step < changed.length; step++) {
    const at = (from + step) % changed.length;
    const isEscape = [1, 2].some((back) => changed[at - back] === 0x25);
    // The last letters of a form's signature hold bits that mean nothing.
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

function cutOff(dice: Dice, { headers, body }: Delivery): Forgery {
  return { kind: "cut off", headers, body: body.subarray(0, dice.int(body.length)) };
}

function withMoreBytes(dice: Dice, { headers, body, provider }: Delivery): Forgery {
  const form = ["&a=b", "&trade_status=TRADE_SUCCESS", "%00", "&%00"];
  const json = [" ", "\n", "\0", "{}", "﻿"];
  const more = Buffer.from(dice.pick(provider === "alipay" ? form : json));
  const parts = provider === "alipay" || dice.oneIn(2) ? [body, more] : [more, body];
  return { kind: "with more bytes", headers, body: Buffer.concat(parts) };
}

/** Its own signature under another time, id or nonce. */
function otherTimes(dice: Dice, sent: Delivery, now: Date): Forgery {
  const { provider, headers, body } = sent;
  const time = new Date(now.getTime() + dice.pick([-400_000, -299_000, 1_000, 299_000, 400_000]));
  const given = Math.floor(time.getTime() / 1000);
  const signature = headers["stripe-signature"] ?? "";
  const isItsOwn = [signature, headers["wechatpay-timestamp"]].some((own) => own?.includes(String(given)));
  const seconds = String(given + (isItsOwn ? 1 : 0));
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
      ["paypal-transmission-id", dice.hex(32)],
    ],
  };
  const [name, value] = dice.pick(places[provider]);
  return { kind: "its signature, another time", headers: { ...headers, [name]: value }, body };
}

function formField({ headers, body }: Delivery, name: string, value: string): Forgery {
  const form = new URLSearchParams(body.toString());
  form.set(name, value);
  return { kind: `another ${name}`, headers, body: form.toString() };
}

function withoutOneHeader(dice: Dice, sent: Delivery): Forgery {
  const { provider, headers, body } = sent;
  const names = signatureHeaders[provider];
  if (names.length === 0) return formField(sent, "sign", dice.pick(["", "AAAA", "=", "null", "undefined"]));
  const name = dice.pick(names);
  const { [name]: _, ...left } = headers;
  return { kind: `without ${name}`, headers: left, body };
}

/** The same shape, random bytes. */
function withSignatureOfNothing(dice: Dice, sent: Delivery, now: Date): Forgery {
  const { provider, headers, body } = sent;
  const base64 = Buffer.from(dice.hex(512), "hex").toString("base64");
  if (provider === "alipay") return formField(sent, "sign", base64);
  const name = { wechat: "wechatpay-signature", paypal: "paypal-transmission-sig" }[provider as string];
  const value = name ? base64 : `t=${Math.floor(now.getTime() / 1000)},v1=${dice.hex(64)}`;
  return { kind: "a random signature", headers: { ...headers, [name ?? "stripe-signature"]: value }, body };
}
