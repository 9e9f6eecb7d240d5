import { describe, expect, it } from "vitest";
import { failures, GatewayError } from "../../../lib/errors.ts";
import { failed, failureOf } from "../../../lib/http/envelope.ts";

const canary = "sk_live_canary";
const broken = (code?: string) => Object.assign(new Error(`broken with ${canary}`), code && { code });

describe("failures as the caller sees them", () => {
  const away = [
    "ECONNREFUSED",
    "ECONNRESET",
    "ETIMEDOUT",
    "PROTOCOL_CONNECTION_LOST",
    "CONNECTION_BUSY",
    "NO_TIME_LEFT",
  ];
  it.each([
    ...away,
    "ER_LOCK_DEADLOCK",
    "ER_LOCK_WAIT_TIMEOUT",
    "ER_CON_COUNT_ERROR",
    "ER_OPTION_PREVENTS_STATEMENT",
  ])("the database error %s is answered with 503 and Retry-After", (code) => {
    const answer = failed(failureOf(broken(code)), "r1");
    expect(answer).toMatchObject({ statusCode: 503, headers: { "retry-after": "2" } });
    expect(JSON.parse(answer.body!)).toMatchObject({ code: 1000, request_id: "r1" });
    expect(answer.body).not.toContain(canary);
  });

  it("every `unavailable` failure is answered with Retry-After", () => {
    const answer = failed(
      new GatewayError("unavailable", "Stripe did not tell the account; try again"),
      "r1",
    );
    expect(answer).toMatchObject({ statusCode: 503, headers: { "retry-after": "2" } });
  });

  it.each([
    broken(),
    broken("ER_PARSE_ERROR"),
    new TypeError(canary),
    canary,
    undefined,
    null,
    { message: canary },
  ])("an unexpected error is answered with 500 and reveals nothing of its cause (%#)", (thrown) => {
    const answer = failed(failureOf(thrown), "r1");
    expect(answer.statusCode).toBe(500);
    expect(JSON.parse(answer.body!)).toEqual({ code: 1000, message: expect.any(String), request_id: "r1" });
    expect(answer.body).not.toContain(canary);
  });

  it("every listed failure is answered with its own code and HTTP status, never with data", () => {
    for (const [failure, { code, http }] of Object.entries(failures)) {
      const error = new GatewayError(failure as keyof typeof failures, "say what to change", {
        cause: canary,
      });
      const answer = failed(failureOf(error), "r1");
      expect(answer.statusCode).toBe(http);
      expect(JSON.parse(answer.body!)).toEqual({ code, message: "say what to change", request_id: "r1" });
    }
  });
});
