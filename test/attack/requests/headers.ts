import type { Forgery } from "../attempt.ts";
import type { Rng } from "../rng.ts";
import type { Delivery } from "../targets.ts";

/** A delivery without one of these headers. */
export function withoutOneHeader(rng: Rng, { headers, body }: Delivery, names: readonly string[]): Forgery {
  const name = rng.pick(names);
  const { [name]: _, ...left } = headers;
  return { kind: `without ${name}`, headers: left, body };
}

/** A delivery at another time: one header has another value. */
export function atAnotherTime({ headers, body }: Delivery, name: string, value: string): Forgery {
  return { kind: "its signature, another time", headers: { ...headers, [name]: value }, body };
}

/** A delivery with another value of the header that carries the signature. */
export function withSignature({ headers, body }: Delivery, name: string, value: string): Forgery {
  return { kind: "a random signature", headers: { ...headers, [name]: value }, body };
}

/** Random bytes in the length of an RSA signature, as base64. */
export function randomRsa(rng: Rng): string {
  return Buffer.from(rng.hex(512), "hex").toString("base64");
}
