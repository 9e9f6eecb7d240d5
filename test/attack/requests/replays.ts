import { kits } from "../../kits/kits.ts";
import type { Forgery } from "../attempt.ts";
import type { Rng } from "../rng.ts";
import type { Delivery, Name, Targets } from "../targets.ts";

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

const forgerOf = ({ provider }: Delivery) => kits[provider].forger;

const changes: readonly ((rng: Rng, sent: Delivery, now: Date) => Forgery)[] = [
  oneByteChanged,
  cutOff,
  withMoreBytes,
  (rng, sent, now) => {
    const later = rng.pick([-400_000, -299_000, 1_000, 299_000, 400_000]);
    return forgerOf(sent).withOtherTime(rng, sent, new Date(now.getTime() + later));
  },
  (rng, sent) => forgerOf(sent).withoutPart(rng, sent),
  (rng, sent, now) => forgerOf(sent).withRandomSignature(rng, sent, now),
];

/** Changes only letters and digits, because other bytes may decode to the same form. */
function oneByteChanged(rng: Rng, sent: Delivery): Forgery {
  const { headers, body } = sent;
  const kind = "one byte of the body changed";
  const changed = Buffer.from(body);
  const from = rng.int(changed.length);
  for (let step = 0; step < changed.length; step++) {
    const at = (from + step) % changed.length;
    const isEscape = [1, 2].some((back) => changed[at - back] === 0x25);
    // The last base64 letters of a form's signature contain unused bits.
    const isTail = forgerOf(sent).isForm && isNearEndOfField(changed, at);
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

function withMoreBytes(rng: Rng, sent: Delivery): Forgery {
  const { headers, body } = sent;
  const { isForm } = forgerOf(sent);
  const form = ["&a=b", "&trade_status=TRADE_SUCCESS", "%00", "&%00"];
  const json = [" ", "\n", "\0", "{}", "\uFEFF"];
  const more = Buffer.from(rng.pick(isForm ? form : json));
  const parts = isForm || rng.oneIn(2) ? [body, more] : [more, body];
  return { kind: "with more bytes", headers, body: Buffer.concat(parts) };
}
