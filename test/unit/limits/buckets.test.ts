import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { buckets } from "../../../lib/limits/buckets.ts";
import { quotaOf } from "../../../lib/limits/rate-limit.ts";

function scene(most?: number) {
  let now = Date.UTC(2026, 0, 1);
  const own = buckets({ now: () => new Date(now) }, most);
  return {
    passes: (ms: number) => {
      now += ms;
    },
    now: () => now,
    own,
    ask: (perMinute: number, name = "7") => quotaOf(perMinute, own.take(name, perMinute)),
  };
}

const perMinute = fc.oneof(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 1, max: 1_000_000 }));

describe("buckets of calls a minute", () => {
  it("a minute's calls may come at once, each stating what remains, and not one more", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), (limit) => {
        const { ask } = scene();
        for (let left = limit - 1; left >= 0; left--) {
          expect(ask(limit)).toMatchObject({ limit, remaining: left, retryAfterSeconds: null });
        }
        const refused = ask(limit);
        expect(refused).toMatchObject({ remaining: 0, retryAfterSeconds: Math.ceil(60 / limit) });
        expect([60, 61]).toContain(refused.resetSeconds);
      }),
    );
  });

  it("no period has more calls than a minute's calls plus those that became free in it", () => {
    const pauses = fc.array(fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 30_000 })), { maxLength: 80 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 30 }), pauses, (limit, waits) => {
        const { ask, passes, now } = scene();
        const allowed: number[] = [];
        for (const ms of waits) {
          passes(ms);
          if (ask(limit).retryAfterSeconds === null) allowed.push(now());
        }
        for (const [first, from] of allowed.entries()) {
          for (const [last, to] of allowed.entries()) {
            const free = Math.floor(((to - from) * limit) / 60_000);
            if (last >= first) expect(last - first + 1).toBeLessThanOrEqual(limit + free);
          }
        }
      }),
    );
  });

  it("a refused call is allowed after the stated number of seconds, and not a second earlier", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100 }), fc.integer({ min: 0, max: 59_000 }), (limit, gap) => {
        const { ask, passes } = scene();
        for (let calls = 0; calls < limit; calls++) ask(limit);
        passes(gap);
        for (;;) {
          const { retryAfterSeconds } = ask(limit);
          if (retryAfterSeconds === null) continue;
          passes((retryAfterSeconds - 1) * 1000);
          // A fraction of a second is rounded up, so at most one second is given away.
          expect(ask(limit).retryAfterSeconds).not.toBeNull();
          passes(1000);
          expect(ask(limit).retryAfterSeconds).toBeNull();
          return;
        }
      }),
    );
  });

  it("all calls are free again after the stated reset", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100 }), fc.integer({ min: 1, max: 100 }), (limit, calls) => {
        const { ask, passes } = scene();
        const requested = Array.from({ length: calls }, () => ask(limit));
        passes(requested.at(-1)!.resetSeconds * 1000);
        expect(ask(limit).remaining).toBe(limit - 1);
      }),
    );
  });

  it("each name has its own bucket, and refused calls do not count", () => {
    const { ask, passes } = scene();
    ask(1);
    for (let more = 0; more < 100; more++) expect(ask(1).retryAfterSeconds).toBe(60);
    expect(ask(1, "8").retryAfterSeconds).toBeNull();
    passes(60_000);
    expect(ask(1).retryAfterSeconds).toBeNull();
  });

  it("a clock that goes back or a lowered limit delays calls by a minute at most", () => {
    fc.assert(
      fc.property(perMinute, fc.integer({ min: 0, max: 1e12 }), (limit, back) => {
        const { ask, passes, own } = scene();
        own.take("7", 1);
        passes(-back);
        const { retryAfterSeconds, resetSeconds } = ask(limit);
        expect(retryAfterSeconds ?? 0).toBeLessThanOrEqual(60);
        expect(resetSeconds).toBeLessThanOrEqual(61);
      }),
    );
  });

  it("a limited number of buckets is stored, and the least recently used ones are dropped first", () => {
    const { ask } = scene(3);
    for (const name of ["a", "b", "c"]) ask(1, name);
    expect(ask(1, "a").retryAfterSeconds).not.toBeNull();
    ask(1, "d");
    expect(ask(1, "a").retryAfterSeconds).not.toBeNull();
    expect(ask(1, "b").retryAfterSeconds).toBeNull();
  });

  it("a bucket that is only checked counts no call", () => {
    const { own } = scene();
    for (let checks = 0; checks < 3; checks++)
      expect(own.take("a", 1, true)).toEqual({ allowed: true, debtUs: 0 });
    own.take("a", 1);
    expect(own.take("a", 1, true)).toMatchObject({ allowed: false });
  });
});
