import type { Shop, World } from "../steps/world.ts";
import type { Rng } from "./rng.ts";
import type { Delivery, Targets } from "./targets.ts";

/** One request of the attack. */
export type Attempt = {
  /** A short name of the trick. */
  kind: string;
  method: string;
  /** The request target, as written in the request line. */
  target: string;
  headers: Record<string, string>;
  body: Buffer<ArrayBuffer>;
  /** If present, these bytes are sent over a TCP connection instead of the request described by the other fields. */
  bytes?: Buffer;
  /** A status below 400 is correct, because the requested data is public or the caller's own. */
  mayBeAnswered?: boolean;
};

/** A webhook that must be refused. */
export type Forgery = {
  kind: string;
  headers: Record<string, string>;
  body: string | Buffer<ArrayBuffer>;
};

/** Makes webhooks that one provider has not sent: forged ones, and changes of those that it has. */
export type Forger = {
  /** A forged event about an order of the victim, made from public data. */
  forge(rng: Rng, targets: Targets): Forgery;
  /** Headers that carry the signature or are covered by it; none: the body carries it. */
  signatureHeaders: readonly string[];
  /** The genuine signature with another time, id or nonce. */
  withOtherTime(rng: Rng, sent: Delivery, time: Date): Forgery;
  /** A part of the signature is missing. */
  withoutPart(rng: Rng, sent: Delivery): Forgery;
  /** A signature of the right format with random bytes. */
  withRandomSignature(rng: Rng, sent: Delivery, now: Date): Forgery;
  /** Whether its webhooks are forms, which are changed at other places than JSON. */
  isForm?: true;
  /** A text that the provider signed for the victim's buyer and that is no webhook. Absent: there is none. */
  signedForBuyer?(world: World, shop: Shop): Promise<string>;
  /** Reasons of refusals which show that forged requests reach its checks. */
  reasons: readonly string[];
};
