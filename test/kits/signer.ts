import { randomUUID } from "node:crypto";
import type { Bytes, SignedCall } from "../steps/signed-webhooks.ts";

/** The fields of a paid event. A field that is not set has its correct value. */
export type Notified = { orderNo: string; minor?: number; account?: string; tradeNo?: string };

/** Makes validly signed webhooks of one provider for one merchant, with keys that the test owns. */
export type Signer = {
  /** The config's webhook path below `/api/v1/public/notify/`. */
  path: string;
  configId: string;
  /** The create fields that select this config. */
  input: Record<string, string>;
  paid(notified: Notified): SignedCall;
  /** An event that the provider sends for an order that is not paid: still open, closed, expired or approved. */
  earlier(orderNo: string): SignedCall;
  /** Any body with a valid signature. A form takes the place of a JSON text where the provider sends forms. */
  signs(body: Bytes): SignedCall<Bytes>;
  signature(call: SignedCall): string;
  /** The same call with another signature; `null` removes it. */
  withSignature(call: SignedCall, signature: string | null): SignedCall;
  /**
   * Puts the test's key in the place of the provider's, so that the gateway no longer trusts the simulator: call it when
   * all orders are made. Absent: the gateway trusts both.
   */
  swapKeys?(): Promise<void>;
};

export const paidMinor = 1234;
export const aTradeNo = () => randomUUID().replaceAll("-", "").slice(0, 28);

/** For a provider that sends its signature in this header. */
export function inHeader(name: string): Pick<Signer, "signature" | "withSignature"> {
  return {
    signature: ({ headers }) => headers[name]!,
    withSignature({ body, headers: { [name]: _, ...headers } }, signature) {
      return { body, headers: { ...headers, ...(signature !== null && { [name]: signature }) } };
    },
  };
}
