import { describe, expect, it } from "vitest";
import { pollLimiter } from "../../../lib/payments/poll-limiter.ts";

/** A poll that runs until the test ends it. */
function aPoll() {
  const begun = Promise.withResolvers<void>();
  const over = Promise.withResolvers<void>();
  const work = () => {
    begun.resolve();
    return over.promise;
  };
  return { work, begun: begun.promise, end: over.resolve, break: over.reject };
}

describe("simultaneous polls of one config", () => {
  it("a config has at most three polls at a time; the fourth begins when one ends, however it ends", async () => {
    const limiter = pollLimiter();
    const [first, second, third, fourth, fifth] = [aPoll(), aPoll(), aPoll(), aPoll(), aPoll()];
    const firstThree = [first, second, third].map(({ work }) => limiter.within("1", work));
    let begun = 0;
    const later = [fourth, fifth].map(({ work }) =>
      limiter.within("1", () => {
        begun += 1;
        return work();
      }),
    );
    await Promise.all([first.begun, second.begun, third.begun]);
    expect(begun).toBe(0);
    first.end();
    await fourth.begun;
    expect(begun).toBe(1);
    second.break(new Error("no answer"));
    await fifth.begun;
    for (const each of [third, fourth, fifth]) each.end();
    expect(await Promise.allSettled([...firstThree, ...later])).toMatchObject([
      { value: true },
      { reason: { message: "no answer" } },
      { value: true },
      { value: true },
      { value: true },
    ]);
  });

  it("a poll that gets no slot in time is not begun and does not delay another config's polls", async () => {
    const limiter = pollLimiter();
    const hanging = [aPoll(), aPoll(), aPoll()];
    const underWay = hanging.map(({ work }) => limiter.within("1", work));
    const begun: string[] = [];
    const left = limiter.within("1", async () => void begun.push("1"));
    expect(await limiter.within("2", async () => void begun.push("2"))).toBe(true);
    expect(await left).toBe(false);
    expect(begun).toEqual(["2"]);
    for (const { end } of hanging) end();
    await Promise.all(underWay);
    expect(await limiter.within("1", async () => void begun.push("1"))).toBe(true);
  });
});
