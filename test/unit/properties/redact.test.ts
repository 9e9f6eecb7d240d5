import fc from "fast-check";
import { expect, it } from "vitest";
import { answerFields, redactAnswer, redactRequest, requestFields } from "../../../lib/http/redact.ts";

const canary = "s3cret canary";
/** Texts and names that contain the canary, for any place of a body. */
const text = fc.tuple(fc.string(), fc.string()).map(([before, after]) => before + canary + after);
const name = fc.oneof(text, fc.constantFrom(...Object.keys({ ...requestFields, ...answerFields })));
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

/** Removes `message`, which holds the gateway's text or a provider's; all other texts are the caller's. */
const withoutWords = (body: string) => body.replace(/"message":"(?:[^"\\]|\\.)*"/g, "");

it("a redacted request or response holds none of the caller's texts or names, and is JSON of at most 4 KiB", () => {
  fc.assert(
    fc.property(fc.dictionary(name, value, { minKeys: 1 }), (fields) => {
      const body = JSON.stringify(fields);
      const requested = redactRequest({ body, isBase64Encoded: false });
      const answered = redactAnswer(body);
      expect(requested).not.toContain("canary");
      expect(withoutWords(answered)).not.toContain("canary");
      for (const stored of [requested, answered]) {
        expect(Buffer.byteLength(stored)).toBeLessThanOrEqual(4096);
        expect(() => JSON.parse(stored)).not.toThrow();
      }
    }),
    { numRuns: 1000 },
  );
});

it("redacting a body of 64 KiB with the deepest possible nesting does not overflow the stack", () => {
  for (const [open, close] of ["[]", ['{"data":', "}"]] as const) {
    const depth = 8_000;
    const body = `${open!.repeat(depth)}1${close!.repeat(depth)}`;
    expect(redactAnswer(body).length).toBeLessThan(100);
    expect(redactRequest({ body, isBase64Encoded: false })).toContain("unreadable");
  }
});
