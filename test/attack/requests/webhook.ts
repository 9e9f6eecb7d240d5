import { kits } from "../../kits/kits.ts";
import type { Attempt, Forgery } from "../attempt.ts";
import type { Rng } from "../rng.ts";
import type { Name, Targets } from "../targets.ts";
import { changedDelivery, misdirectedDelivery } from "./replays.ts";

/** A webhook that this provider did not send to this URL: forged, modified, or sent to somebody else. */
export function webhook(rng: Rng, targets: Targets, provider: Name): Attempt {
  const place = rng.oneIn(5) ? elsewhere(rng, targets, provider) : targets.victim.configs[provider];
  const { forge } = kits[provider].forger;
  const make = rng.pick([forge, forge, changedDelivery, misdirectedDelivery]);
  const { kind, headers, body } = wrapped(rng, make(rng, targets, provider));
  return {
    kind,
    method: rng.oneIn(40) ? rng.pick(["GET", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"]) : "POST",
    target: `/api/v1/public/notify/${provider}/${place}${rng.oneIn(30) ? rng.pick(queries) : ""}`,
    headers,
    body: Buffer.from(body),
  };
}

const queries = ["?", "?verified=1", "?config_id=1&config_id=2", "?%00", "?sign=1"];

/** Ids of other configs, and texts that are not config ids. */
function elsewhere(rng: Rng, { victim }: Targets, provider: Name): string {
  const id = victim.configs[provider];
  const others = Object.values(victim.configs).filter((other) => other !== id);
  return rng.pick([
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

/** In one of four requests: adds irrelevant headers, or another content type for the body. */
function wrapped(rng: Rng, forgery: Forgery): Forgery {
  const { kind, headers, body } = forgery;
  if (!rng.oneIn(4)) return forgery;
  const odd = rng.pick<Record<string, string>>([
    { "content-type": rng.pick(contentTypes) },
    { "x-forwarded-for": "203.0.113.7", "x-real-ip": "127.0.0.1" },
    { "x-http-method-override": "POST", "x-original-url": "/health" },
    { "content-encoding": rng.pick(["gzip", "br", "identity"]) },
    { "x-api-key": "ak_", authorization: "Bearer x", cookie: "admin=1" },
    { "x-amzn-trace-id": "Root=1", "x-config-id": "1", "x-merchant": "1" },
  ]);
  return { kind, headers: { ...headers, ...odd }, body };
}
