import { crc32 } from "node:zlib";
import type { Dice } from "../dice.ts";
import type { Known } from "../known.ts";

/** Headers of a call that has no right to what it asks for. */
export function strangersKey(dice: Dice, known: Known): { kind: string; headers: Record<string, string> } {
  const [kind, key] = dice.pick(ways)(dice, known);
  if (key === null) return { kind, headers: {} };
  if (dice.oneIn(12))
    return { kind: "a key in the wrong place", headers: dice.pick(places)(known.rival.apiKey) };
  return { kind, headers: { "x-api-key": key } };
}

type Way = (dice: Dice, known: Known) => [kind: string, key: string | null];

const ways: readonly Way[] = [
  () => ["no key", null],
  (dice) => [
    "no key at all",
    dice.pick(["", " ", "null", "undefined", "ak_", "\u00e9", "ak_m1k", "'OR 1=1"]),
  ],
  (dice, { victim }) => ["a made-up key", keyOf(`m${victim.userId}k${letters(dice, 8)}`, dice)],
  (dice, { victim }) => ["the victim's key id, another secret", keyOf(victim.apiKeyId, dice)],
  (dice, { deadKeys }) => ["a revoked key", dice.pick(deadKeys)],
  (dice, { rival, victim }) => {
    const secret = rival.apiKey.split("_")[2];
    const grafted = [`ak_${victim.apiKeyId}_${secret}`, `${rival.apiKey}0`, rival.apiKey.toUpperCase()];
    return [
      "a key changed",
      dice.pick([...grafted, rival.apiKey.slice(0, -1), `${rival.apiKey},${rival.apiKey}`]),
    ];
  },
  (_dice, { victim }) => ["a hash for a key", Buffer.from(victim.apiKeyId).toString("hex")],
  (dice) => ["a very long key", `ak_${"a".repeat(1 + dice.int(8_000))}`],
];

const places: readonly ((key: string) => Record<string, string>)[] = [
  (key) => ({ authorization: `Bearer ${key}` }),
  (key) => ({ cookie: `x-api-key=${key}` }),
  (key) => ({ "x-api-keys": key, "api-key": key, x_api_key: key }),
];

const alphabet = "0123456789abcdefghjkmnpqrstvwxyz";

/** A key that is well formed, its checksum included. */
function keyOf(keyId: string, dice: Dice): string {
  const body = `ak_${keyId}_${letters(dice, 32)}`;
  let rest = crc32(body);
  let sum = "";
  for (let digit = 0; digit < 7; digit++) {
    sum = alphabet[rest % 32] + sum;
    rest = Math.floor(rest / 32);
  }
  return body + sum;
}

function letters(dice: Dice, length: number): string {
  return Array.from({ length }, () => alphabet[dice.int(32)]).join("");
}
