import type { Attempt, Forgery } from "../attempt.ts";
import type { Dice } from "../dice.ts";
import type { Known, Name } from "../known.ts";
import { forgedAlipay } from "./alipay.ts";
import { forgedPaypal } from "./paypal.ts";
import { changedDelivery, strangersDelivery } from "./replays.ts";
import { forgedStripe } from "./stripe.ts";
import { forgedWechat } from "./wechat.ts";

const forged = { alipay: forgedAlipay, wechat: forgedWechat, stripe: forgedStripe, paypal: forgedPaypal };

/** A webhook of this provider that nobody has sent: made up, changed, or meant for somebody else. */
export function webhook(dice: Dice, known: Known, provider: Name): Attempt {
  const place = dice.oneIn(5) ? elsewhere(dice, known, provider) : known.victim.configs[provider];
  const make = dice.pick([forged[provider], forged[provider], changedDelivery, strangersDelivery]);
  const { kind, headers, body } = wrapped(dice, make(dice, known, provider));
  return {
    kind,
    method: dice.oneIn(40) ? dice.pick(["GET", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"]) : "POST",
    target: `/api/v1/public/notify/${provider}/${place}${dice.oneIn(30) ? dice.pick(queries) : ""}`,
    headers,
    body: Buffer.from(body),
  };
}

const queries = ["?", "?verified=1", "?config_id=1&config_id=2", "?%00", "?sign=1"];

/** Other configs, and what is no config at all. */
function elsewhere(dice: Dice, { victim }: Known, provider: Name): string {
  const id = victim.configs[provider];
  const others = Object.values(victim.configs).filter((other) => other !== id);
  return dice.pick([
    ...others,
    ...["0", "-1", "999999999", "18446744073709551616", "9".repeat(300), "null", "%00", "1e3", "0x1"],
    ...[
      `0${id}`,
      `+${id}`,
      `${id}.0`,
      `${id}%20`,
      `%20${id}`,
      `${id}'`,
      `${id}%00`,
      `${id}x`,
      `${id}/`,
      `./${id}`,
    ],
    ...[`${id}%2F..%2F${id}`, `${id};a=b`, `%31`, `${id}%0a`, `1%20OR%201=1`, `%EF%BC%91`, `..%2f${id}`],
  ]);
}

const contentTypes = [
  ...["application/json", "application/x-www-form-urlencoded", "text/plain", "application/octet-stream", ""],
  ...["application/json; charset=utf-16", "multipart/form-data; boundary=x", "application/json;charset=gbk"],
  ...["text/html", "application/xml", "APPLICATION/JSON", "application/x-www-form-urlencoded; charset=utf-7"],
];

/** Headers that mean nothing here, and the body as another type. */
function wrapped(dice: Dice, forgery: Forgery): Forgery {
  const { kind, headers, body } = forgery;
  if (!dice.oneIn(4)) return forgery;
  const odd = dice.pick<Record<string, string>>([
    { "content-type": dice.pick(contentTypes) },
    { "x-forwarded-for": "203.0.113.7", "x-real-ip": "127.0.0.1" },
    { "x-http-method-override": "POST", "x-original-url": "/health" },
    { "content-encoding": dice.pick(["gzip", "br", "identity"]) },
    { "x-api-key": "ak_", authorization: "Bearer x", cookie: "admin=1" },
    { "x-amzn-trace-id": "Root=1", "x-config-id": "1", "x-merchant": "1" },
  ]);
  return { kind, headers: { ...headers, ...odd }, body };
}
