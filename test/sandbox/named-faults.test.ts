import { describe, expect, it } from "vitest";
import { createFaults, type NamedCalls } from "../../scripts/sandbox/kernel/faults.ts";

const calls: NamedCalls = { create: ["PARAM_ERROR", "NO_AUTH"], refund: ["NOT_ENOUGH"], query: [] };
const create = { path: "/orders", name: "create", spared: false };
const refund = { path: "/refunds", name: "refund", spared: false };
const token = { path: "/token", name: undefined, spared: true };

function faultsOf(settings: Record<string, unknown>) {
  const faults = createFaults(() => calls);
  faults.set(settings);
  return faults;
}

describe("a fault that names a call", () => {
  it("refuses that call with the code, as often as times says, and counts no other call", () => {
    const faults = faultsOf({ code: "NO_AUTH", on: "create", times: 2 });
    expect(faults.onAnswer(refund).code).toBeUndefined();
    expect(faults.onAnswer(token).code).toBeUndefined();
    expect(faults.onAnswer(create)).toMatchObject({ code: "NO_AUTH" });
    expect(faults.onAnswer(create)).toMatchObject({ code: "NO_AUTH" });
    expect(faults.onAnswer(create)).toEqual({});
  });

  it("refuses until it is cleared when times is absent", () => {
    const faults = faultsOf({ code: "NOT_ENOUGH", on: "refund" });
    for (let call = 0; call < 5; call++) expect(faults.onAnswer(refund).code).toBe("NOT_ENOUGH");
    faults.set({});
    expect(faults.onAnswer(refund)).toEqual({});
  });

  it("restricts every other fault of answers to that call, too", () => {
    const faults = faultsOf({ status: 503, on: "refund" });
    expect(faults.onAnswer(create)).toEqual({});
    expect(faults.onAnswer(refund).status).toBe(503);
  });

  it("needs both the path and the call when both are given", () => {
    const faults = faultsOf({ status: 503, on: "refund", path: "/orders" });
    expect(faults.onAnswer(refund)).toEqual({});
    expect(faults.onAnswer(create)).toEqual({});
  });

  it.each([
    [{ on: "creat" }, "No call of this simulator is named creat: take one of create, refund, query."],
    [{ code: "NO_AUTH" }, "A code refuses one kind of call: name it in on."],
    [
      { code: "NOT_ENOUGH", on: "create" },
      "create is never refused with NOT_ENOUGH: take one of PARAM_ERROR, NO_AUTH.",
    ],
    [{ code: "NO_AUTH", on: "query" }, "query is never refused with NO_AUTH: take none, it names none."],
    [{ code: "", on: "create" }, 'Not a fault this simulator knows: code = "".'],
    [{ code: 7, on: "create" }, "Not a fault this simulator knows: code = 7."],
    [{ on: "toString" }, "No call of this simulator is named toString: take one of create, refund, query."],
  ])("says what is wrong with %j", (settings, message) => {
    expect(() => faultsOf(settings)).toThrow(message);
  });
});
