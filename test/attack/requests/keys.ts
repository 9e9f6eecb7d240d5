import { crc32 } from "node:zlib";
import type { Rng } from "../rng.ts";
import type { Targets } from "../targets.ts";

/** Headers of a call without a valid API key. */
export function invalidKey(rng: Rng, targets: Targets): { kind: string; headers: Record<string, string> } {
  const [kind, key] = rng.pick(ways)(rng, targets);
  if (key === null) return { kind, headers: {} };
  if (rng.oneIn(12))
    return { kind: "a key in the wrong place", headers: rng.pick(places)(targets.rival.apiKey) };
  return { kind, headers: { "x-api-key": key } };
}

type Way = (rng: Rng, targets: Targets) => [kind: string, key: string | null];

const ways: readonly Way[] = [
  () => ["no key", null],
  (rng) => ["no key at all", rng.pick(["", " ", "null", "undefined", "ak_", "\u00e9", "ak_m1k", "'OR 1=1"])],
  (rng, { victim }) => ["a made-up key", keyOf(`m${victim.userId}k${letters(rng, 8)}`, rng)],
  (rng, { victim }) => ["the victim's key id, another secret", keyOf(victim.apiKeyId, rng)],
  (rng, { deadKeys }) => ["a revoked key", rng.pick(deadKeys)],
  (rng, { rival, victim }) => {
    const secret = rival.apiKey.split("_")[2];
    const grafted = [`ak_${victim.apiKeyId}_${secret}`, `${rival.apiKey}0`, rival.apiKey.toUpperCase()];
    return [
      "a key changed",
      rng.pick([...grafted, rival.apiKey.slice(0, -1), `${rival.apiKey},${rival.apiKey}`]),
    ];
  },
  (_rng, { victim }) => ["a hash for a key", Buffer.from(victim.apiKeyId).toString("hex")],
  (rng) => ["a very long key", `ak_${"a".repeat(1 + rng.int(8_000))}`],
];

const places: readonly ((key: string) => Record<string, string>)[] = [
  (key) => ({ authorization: `Bearer ${key}` }),
  (key) => ({ cookie: `x-api-key=${key}` }),
  (key) => ({ "x-api-keys": key, "api-key": key, x_api_key: key }),
];

const alphabet = "0123456789abcdefghjkmnpqrstvwxyz";

/** A well-formed key with a valid checksum. */
function keyOf(keyId: string, rng: Rng): string {
  const body = `ak_${keyId}_${letters(rng, 32)}`;
  let rest = crc32(body);
  let sum = "";
  for (let digit = 0; digit < 7; digit++) {
    sum = alphabet[rest % 32] + sum;
    rest = Math.floor(rest / 32);
  }
  return body + sum;
}

function letters(rng: Rng, length: number): string {
  return Array.from({ length }, () => alphabet[rng.int(32)]).join("");
}
