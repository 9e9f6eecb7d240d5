import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hashOf, newApiKey, readApiKey, sameKey } from "../../../lib/merchants/api-key.ts";

const userId = fc.bigInt({ min: 1n, max: 2n ** 64n - 1n }).map(String);
const sign = fc.oneof(
  fc.constantFrom(..."0123456789abcdefghjkmnpqrstvwxyz_ilou"),
  fc.string({ unit: "grapheme", minLength: 1, maxLength: 1 }),
);

describe("an API key", () => {
  it("an API key is parsed into its key id and merchant, and only its own hash matches it", () => {
    fc.assert(
      fc.property(userId, (id) => {
        const key = newApiKey(id);
        expect(readApiKey(key.text)).toEqual({ keyId: key.keyId, userId: id });
        expect(sameKey(key.text, key.hash)).toBe(true);
        expect(sameKey(newApiKey(id).text, key.hash)).toBe(false);
        expect(sameKey(key.text, null)).toBe(false);
        expect(key.hash).toEqual(hashOf(key.text));
      }),
    );
  });

  it("an API key with one character changed, removed or added is refused without a database query", () => {
    fc.assert(
      fc.property(
        userId,
        fc.nat(),
        sign,
        fc.constantFrom(0, 1),
        fc.constantFrom(0, 1),
        (id, at, other, cut, put) => {
          const { text } = newApiKey(id);
          const index = at % text.length;
          const changed = text.slice(0, index) + (put ? other : "") + text.slice(index + cut);
          fc.pre(changed !== text);
          expect(readApiKey(changed)).toBeNull();
        },
      ),
      { numRuns: 5000 },
    );
  });

  it("an API key with two adjacent characters swapped is refused", () => {
    fc.assert(
      fc.property(userId, fc.nat(), (id, at) => {
        const { text } = newApiKey(id);
        const index = at % (text.length - 1);
        const swapped = text.slice(0, index) + text[index + 1] + text[index] + text.slice(index + 2);
        fc.pre(swapped !== text);
        expect(readApiKey(swapped)).toBeNull();
      }),
      { numRuns: 2000 },
    );
  });

  it("a random text is never accepted as an API key", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(..."ak_m7Kz0é\0 🍵") }),
        (text) => void expect(readApiKey(text)).toBeNull(),
      ),
    );
  });
});
