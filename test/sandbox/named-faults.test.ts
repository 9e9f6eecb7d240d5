import { describe, expect, it } from "vitest";
import { createFaults, type NamedCalls } from "../../scripts/sandbox/kernel/faults.ts";

const calls: NamedCalls = { create: ["PARAM_ERROR", "NO_AUTH"], refund: ["NOT_ENOUGH"], query: [] };
const create = { path: "/orders", name: "create", exempt: false };
const refund = { path: "/refunds", name: "refund", exempt: false };
const token = { path: "/token", name: undefined, exempt: true };

function faultsOf(settings: Record<string, unknown>) {
  const faults = createFaults(() => calls);
  faults.set(settings);
  return faults;
}

describe("simulators: faults for named calls", () => {
  it("a fault with a code refuses only the named call, as many times as configured", () => {
    const faults = faultsOf({ code: "NO_AUTH", on: "create", times: 2 });
    expect(faults.onAnswer(refund).code).toBeUndefined();
    expect(faults.onAnswer(token).code).toBeUndefined();
    expect(faults.onAnswer(create)).toMatchObject({ code: "NO_AUTH" });
    expect(faults.onAnswer(create)).toMatchObject({ code: "NO_AUTH" });
    expect(faults.onAnswer(create)).toEqual({});
  });

  it("a fault without times applies until it is cleared", () => {
    const faults = faultsOf({ code: "NOT_ENOUGH", on: "refund" });
    for (let call = 0; call < 5; call++) expect(faults.onAnswer(refund).code).toBe("NOT_ENOUGH");
    faults.set({});
    expect(faults.onAnswer(refund)).toEqual({});
  });

  it("on limits other answer faults to the named call too", () => {
    const faults = faultsOf({ status: 503, on: "refund" });
    expect(faults.onAnswer(create)).toEqual({});
    expect(faults.onAnswer(refund).status).toBe(503);
  });

  it("a fault with both path and on applies only where both match", () => {
    const faults = faultsOf({ status: 503, on: "refund", path: "/orders" });
    expect(faults.onAnswer(refund)).toEqual({});
    expect(faults.onAnswer(create)).toEqual({});
  });

  it.each([
    [{ on: "creat" }, "No call of this simulator is named creat: use one of create, refund, query."],
    [{ code: "NO_AUTH" }, "code refuses one kind of call: name that call in on."],
    [
      { code: "NOT_ENOUGH", on: "create" },
      "create is never refused with NOT_ENOUGH: use one of PARAM_ERROR, NO_AUTH.",
    ],
    [{ code: "NO_AUTH", on: "query" }, "query is never refused with NO_AUTH: use no code, it has none."],
    [{ code: "", on: "create" }, 'Unknown fault: code = "".'],
    [{ code: 7, on: "create" }, "Unknown fault: code = 7."],
    [{ on: "toString" }, "No call of this simulator is named toString: use one of create, refund, query."],
  ])("setting the fault %j is refused with the reason", (settings, message) => {
    expect(() => faultsOf(settings)).toThrow(message);
  });
});
