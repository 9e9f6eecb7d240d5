import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { GatewayError } from "../../../lib/errors.ts";
import { withInvocation } from "../../../lib/invocation.ts";
import { type LogFields, log, logFields, nameOf } from "../../../lib/log.ts";
import { written } from "../../steps/captured-log.ts";

const canary = "sk_live_canary";
const remainingMs = () => 1_000;

const linesOf = (text: string) => text.split("\n").slice(0, -1);
/** Fields as a caller without types could pass them. */
const anyFields = (fields: unknown) => fields as LogFields;

describe("log lines", () => {
  it("a log line is one JSON object on one line with time, level, message, request, order and merchant", async () => {
    const text = await withInvocation({ requestId: "request-1", remainingMs }, () =>
      written(() => log.warn("what happened", { order_no: "UNI1", merchant: "7", attempt: 2 })),
    );
    expect(linesOf(text).map((line) => JSON.parse(line))).toEqual([
      {
        ...{ time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/), level: "warn", message: "what happened" },
        ...{ request_id: "request-1", order_no: "UNI1", merchant: "7", attempt: 2 },
      },
    ]);
  });

  it("a log line holds only listed fields with plain values, whatever is passed", async () => {
    const value = fc.oneof(
      fc.anything({ withBigInt: true, withDate: true }),
      fc.constant({ toJSON: () => canary }),
    );
    const name = fc.oneof(
      fc.constantFrom("reason", "order_no", "__proto__", "toJSON", "time", "level"),
      fc.string(),
    );
    await fc.assert(
      fc.asyncProperty(fc.dictionary(name, value, { noNullPrototype: true }), async (fields) => {
        const { reason, order_no, level, ...rest } = JSON.parse(
          await written(() => log.info("m", anyFields(fields))),
        );
        expect(level).toBe("info");
        for (const stored of [reason, order_no])
          expect(["undefined", "string", "number", "boolean"]).toContain(
            stored === null ? "undefined" : typeof stored,
          );
        for (const key of Object.keys(rest)) expect(["time", "message", ...logFields]).toContain(key);
      }),
      { numRuns: 300 },
    );
  });

  it("a log line drops objects, also those with toJSON, and errors with all their properties", async () => {
    const error = new Error(canary, { cause: new Error(canary) });
    for (const reason of [
      { toJSON: () => canary },
      { secret: canary },
      [canary],
      error,
      new AggregateError([error], canary),
      new String(canary),
      Symbol(canary),
      () => canary,
      10n,
      new Map([[canary, canary]]),
    ]) {
      const text = await written(() => log.alarm("m", anyFields({ reason, error: reason, merchant: "7" })));
      expect(text).not.toContain(canary);
      expect(JSON.parse(text)).toEqual({
        time: expect.any(String),
        level: "error",
        message: "m",
        merchant: "7",
      });
    }
  });

  it("each text of a log line is truncated and stays well-formed", async () => {
    const long = "🍵".repeat(10_000);
    const text = await written(() => log.info(long, { reason: `x${long}`, request: `x${long}` }));
    const { message, reason, request } = JSON.parse(text);
    expect([message.length, reason.length, request.length]).toEqual([500, 500, 4096]);
    expect(text.isWellFormed()).toBe(true);
    expect(reason.endsWith("\ufffd")).toBe(true);
  });

  // Line ends, terminal escapes in 7 and 8 bits, a bell, a change of the text direction, invisible characters.
  it.each([
    "\n",
    "\r\n",
    "\u2028",
    "\u2029",
    "\u0085",
    "\u001b[2J",
    "\u009b2J",
    "\u0007",
    "\u202e",
    "\u200b",
    "\ufeff",
    "\0",
  ])("a log line cannot be broken, forged or coloured by %j", async (trick) => {
    const forged = `a${trick}{"level":"error","message":"forged"}`;
    const text = await withInvocation({ requestId: forged, remainingMs }, () =>
      written(() => log.info(forged, { user_agent: forged, path: forged, request: forged })),
    );
    expect(linesOf(text)).toHaveLength(1);
    expect(text.slice(0, -1)).toMatch(/^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]*$/u);
    expect(JSON.parse(text)).toMatchObject({
      level: "info",
      message: forged,
      user_agent: forged,
      request: forged,
    });
  });

  it("a log line never holds control or format characters, whatever its texts hold", async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: "binary" }), async (reason) => {
        const text = await written(() => log.info("m", { reason }));
        expect(text.slice(0, -1)).not.toMatch(
          /[\p{Cc}\p{Zl}\p{Zp}\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/u,
        );
        expect(JSON.parse(text).reason).toBe(reason.slice(0, 500).toWellFormed());
      }),
      { numRuns: 500 },
    );
  });
});

describe("names of errors in the log", () => {
  it("an error is logged by its class and code, without message, stack, cause or other properties", () => {
    const inner = Object.assign(new Error(canary), { sql: canary, code: "ER_DUP_ENTRY" });
    const errors = [
      inner,
      new GatewayError("conflict", canary, {
        cause: inner,
        providerError: { code: canary, message: canary },
      }),
      new AggregateError([inner], canary, { cause: inner }),
      Object.assign(new TypeError(canary, { cause: inner }), { code: 1062, toJSON: () => canary }),
      canary,
      { name: canary, code: canary },
      null,
    ];
    expect(errors.map(nameOf)).toEqual([
      { error: "Error", error_code: "ER_DUP_ENTRY" },
      { error: "GatewayError", error_code: undefined },
      { error: "AggregateError", error_code: undefined },
      { error: "TypeError", error_code: "1062" },
      { error: "string" },
      { error: "object" },
      { error: "object" },
    ]);
  });

  it("an error's name or code that is not an identifier is not logged", () => {
    const throwing = {
      toString: () => {
        throw new Error(canary);
      },
    };
    for (const odd of [
      canary,
      `x ${canary}`,
      `-----BEGIN ${canary}`,
      "a\nb",
      "",
      "x".repeat(61),
      throwing,
      Symbol(canary),
      [canary],
    ]) {
      const error = Object.assign(new Error(canary), { name: odd, code: odd });
      expect(nameOf(error)).toEqual({ error: "Error", error_code: undefined });
    }
  });
});
