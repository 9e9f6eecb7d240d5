import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { GatewayError } from "../../../lib/errors.ts";
import { readJsonBody } from "../../../lib/http/json-body.ts";

/** Names and texts of every kind, except those that the gateway refuses on purpose. */
const text = fc.string({ unit: "binary" }).filter((made) => !made.includes("\uFFFD"));
const name = text.filter((made) => made !== "__proto__");
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    text,
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(name, tie("value"), { maxKeys: 4, noNullPrototype: true }),
  ),
}));
const body = fc.dictionary(name, value, { maxKeys: 6, noNullPrototype: true });
const read = (json: string, asText: string[] = []) => readJsonBody(Buffer.from(json), asText);

describe("readJsonBody", () => {
  it("readJsonBody agrees with JSON.parse on every object without repeated names", () => {
    fc.assert(
      fc.property(body, fc.constantFrom(0, 1, "\t"), (object, indent) => {
        const json = JSON.stringify(object, null, indent);
        expect(read(json)).toEqual(JSON.parse(json));
      }),
      { numRuns: 1000 },
    );
  });

  it("readJsonBody refuses invalid JSON and values that are not objects with a GatewayError", () => {
    const pieces = fc.constantFrom(
      "{",
      "}",
      "[",
      "]",
      '"a"',
      '"',
      ":",
      ",",
      "1",
      "-",
      "e",
      "\\",
      "true",
      " ",
      "\u0000",
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 12 }), (parts) => {
        const json = parts.join("");
        let parsed: unknown;
        try {
          parsed = JSON.parse(json);
        } catch {
          expect(() => read(json)).toThrow(GatewayError);
          return;
        }
        const isObject = typeof parsed === "object" && parsed !== null && !Array.isArray(parsed);
        if (!isObject) expect(() => read(json)).toThrow(GatewayError);
      }),
      { numRuns: 2000 },
    );
  });

  it("readJsonBody refuses a repeated name at any depth and in any spelling", () => {
    const escaped = (plain: string) =>
      `"${[...plain].map((sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}`).join("")}"`;
    fc.assert(
      fc.property(body, fc.stringMatching(/^[a-z]{1,8}$/), fc.nat({ max: 5 }), (object, twice, depth) => {
        const rest = JSON.stringify(object).slice(1, -1);
        const inner = `{${escaped(twice)}:1${rest && ","}${rest},"${twice}":2}`;
        const json = `${'{"x":['.repeat(depth)}${inner}${"]}".repeat(depth)}`;
        expect(() => read(json)).toThrow(/occurs twice/);
      }),
    );
  });

  it("readJsonBody returns a top-level number as text where asked, and leaves nested numbers alone", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^(0|[1-9]\d{0,30})(\.\d{1,30})?([eE][+-]?\d{1,3})?$/), (number) => {
        const json = `{"a":[{"amount":${number}}],"amount":${number},"other":${number}}`;
        expect(read(json, ["amount"])).toEqual({ ...JSON.parse(json), amount: number });
      }),
    );
  });

  it("readJsonBody accepts 32 levels of nesting and no more", () => {
    const nested = (levels: number) => `${'{"a":'.repeat(levels)}1${"}".repeat(levels)}`;
    expect(read(nested(32))).toEqual(JSON.parse(nested(32)));
    expect(() => read(nested(33))).toThrow(/nested deeper/);
  });

  it("readJsonBody accepts 64 KiB and not one byte more", () => {
    const long = (bytes: number) => `{"a":"${"ä".repeat((bytes - 8) / 2)}"}`;
    expect(Buffer.byteLength(long(65_536))).toBe(65_536);
    expect(read(long(65_536))).toEqual(JSON.parse(long(65_536)));
    expect(() => read(`${long(65_536)} `)).toThrow(/64 KiB/);
  });

  it("readJsonBody reads any 64 KiB in less than half a second", () => {
    const hard = [
      `{"a":"${'\\"'.repeat(32_000)}"}`,
      `{"a":[${"[],".repeat(21_000)}[]]}`,
      `{${'"":'.repeat(16_000)}`,
    ];
    for (const json of hard) {
      const begun = performance.now();
      try {
        read(json);
      } catch (error) {
        expect(error).toBeInstanceOf(GatewayError);
      }
      expect(performance.now() - begun).toBeLessThan(500);
    }
  });
});
