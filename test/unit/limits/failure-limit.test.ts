import { describe, expect, it } from "vitest";
import { GatewayError } from "../../../lib/errors.ts";
import { failureLimit } from "../../../lib/limits/failure-limit.ts";

/** A limit of ten failures a minute for each name, and a clock to move. */
function scene() {
  let now = Date.UTC(2026, 0, 1);
  let worked = 0;
  const limit = failureLimit({ now: () => new Date(now) }, ["unauthorised"]);
  const run = (names: string[], failure?: Error) =>
    limit(Object.fromEntries(names.map((name) => [name, 10])), async () => {
      worked++;
      if (failure) throw failure;
      return "done";
    });
  const refused = new GatewayError("unauthorised", "no");
  return {
    worked: () => worked,
    passes: (seconds: number) => {
      now += seconds * 1000;
    },
    run,
    limit,
    async fails(times: number, ...names: string[]) {
      for (let at = 0; at < times; at++) await expect(run(names, refused)).rejects.toBe(refused);
    },
  };
}

const tooMany = { failure: "too_many_requests" };

describe("the failure limit", () => {
  it("after too many failures a call is refused without any work, with the seconds to wait", async () => {
    const { fails, run, worked } = scene();
    await fails(10, "a");
    for (let at = 0; at < 5; at++) {
      await expect(run(["a"])).rejects.toMatchObject({ ...tooMany, details: { retryAfterSeconds: 6 } });
    }
    expect(worked()).toBe(10);
  });

  it("calls pass as soon as one more failure is allowed, and successful calls are not limited", async () => {
    const { fails, run, passes } = scene();
    await fails(10, "a");
    passes(5.9);
    await expect(run(["a"])).rejects.toMatchObject(tooMany);
    passes(0.1);
    for (let at = 0; at < 30; at++) expect(await run(["a"])).toBe("done");
    await fails(1, "a");
    await expect(run(["a"])).rejects.toMatchObject(tooMany);
    passes(60);
    await fails(10, "a");
  });

  it("neither successes nor failures of another kind count towards the failure limit", async () => {
    const { fails, run } = scene();
    const others = [new GatewayError("unavailable", "later"), new Error("unauthorised")];
    for (let at = 0; at < 50; at++) {
      expect(await run(["a"])).toBe("done");
      for (const other of others) await expect(run(["a"], other)).rejects.toBe(other);
    }
    await fails(10, "a");
  });

  it("each name counts its own failures, and any exhausted name refuses a call", async () => {
    const { fails, run } = scene();
    await fails(6, "address", "first");
    await fails(4, "address", "second");
    expect(await run(["first"])).toBe("done");
    await expect(run(["address", "third"])).rejects.toMatchObject(tooMany);
    await expect(run(["third", "address"])).rejects.toMatchObject(tooMany);
    expect(await run(["elsewhere", "first"])).toBe("done");
  });

  it("a refused call does not count as a failure of its other names", async () => {
    const { fails, run, limit } = scene();
    await fails(10, "address first", "first");
    const ask = () => limit({ address: 20, first: 10 }, async () => "done");
    for (let at = 0; at < 100; at++) await expect(ask()).rejects.toMatchObject(tooMany);
    expect(await run(["address"])).toBe("done");
  });
});
