import { secondsAfter } from "../clock.ts";
import type { Payment } from "./payment.ts";

/** How long orders, links and codes of one scene live at its provider. */
export type SceneLife = {
  /** The longest life of an order, in seconds; never more than the API's 86,400. */
  maxExpiresInSeconds: number;
  /** How long one link or code opens, in seconds from its making; absent: until the order's end. */
  linkSeconds?: number;
  /** Whether the same request, sent again with the same key, is answered with a link that opens once the first one does not. */
  renewable: boolean;
  /** Whether the link carries our own signature, so that it opens no more once the merchant's key is replaced. */
  signedByUs?: boolean;
  /** The document that states it. */
  source: string;
};

/** A gateway that knows the scenes of its providers. */
export type SceneLives = { lifeOf(provider: string, scene: string): SceneLife };

/** The order's expiry: as requested, but not later than the provider allows. */
export function orderEnd(createdAt: Date, expiresInSeconds: number, life: SceneLife): Date {
  return secondsAfter(
    createdAt,
    /* mutation: order-longest-life */ Math.min(expiresInSeconds, life.maxExpiresInSeconds),
  );
}

/**
 * Until when a link or code requested at `requestedAt` is valid. The provider creates it a moment later, so it is
 * valid at least until then. A repeated create may return the first try's link, so the time counts from the order's
 * creation while such a link would still be valid.
 */
export function linkEnd(
  { createdAt, expiresAt }: Pick<Payment, "createdAt" | "expiresAt">,
  { linkSeconds }: SceneLife,
  requestedAt: Date,
): Date {
  // mutation: link-own-time
  if (linkSeconds === undefined) return expiresAt;
  const first = secondsAfter(createdAt, linkSeconds);
  const end = first > requestedAt ? first : secondsAfter(requestedAt, linkSeconds);
  return end < expiresAt ? end : expiresAt;
}
