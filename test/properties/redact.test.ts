import fc from "fast-check";
import { expect, it } from "vitest";
import { keptOfAnswers, keptOfRequests, redactAnswer, redactRequest } from "../../lib/http/redact.ts";

const canary = "s3cret canary";
/** Texts and names that hold what nobody may read, at any place of a body. */
const text = fc.tuple(fc.string(), fc.string()).map(([before, after]) => before + canary + after);
const name = fc.oneof(text, fc.constantFrom(...Object.keys({ ...keptOfRequests, ...keptOfAnswers })));
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    text,
    fc.double(),
    fc.constant(null),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(name, tie("value"), { maxKeys: 8 }),
  ),
}));

/** Words are ours, or a provider's that its adapter has shortened; all else is the caller's. */
const withoutWords = (body: string) => body.replace(/"message":"(?:[^"\\]|\\.)*"/g, "");

it("nothing of a caller's text or names is kept, and what is kept is small JSON", () => {
  fc.assert(
    fc.property(fc.dictionary(name, value, { minKeys: 1 }), (fields) => {
      const body = JSON.stringify(fields);
      const asked = redactRequest({ body, isBase64Encoded: false });
      const answered = redactAnswer(body);
      expect(asked).not.toContain("canary");
      expect(withoutWords(answered)).not.toContain("canary");
      for (const kept of [asked, answered]) {
        expect(Buffer.byteLength(kept)).toBeLessThanOrEqual(4096);
        expect(() => JSON.parse(kept)).not.toThrow();
      }
    }),
    { numRuns: 1000 },
  );
});

it("a body of 64 KiB nested as deep as it can be is read in no time", () => {
  for (const [open, close] of ["[]", ['{"data":', "}"]] as const) {
    const depth = 8_000;
    const body = `${open!.repeat(depth)}1${close!.repeat(depth)}`;
    expect(redactAnswer(body).length).toBeLessThan(100);
    expect(redactRequest({ body, isBase64Encoded: false })).toContain("unreadable");
  }
});
