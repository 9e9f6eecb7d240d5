import { describe, expect, it } from "vitest";
import { lookBudget } from "../../lib/payment/look-budget.ts";

/** A look-up that goes on until it is ended. */
function lookUp() {
  const begun = Promise.withResolvers<void>();
  const over = Promise.withResolvers<void>();
  const work = () => {
    begun.resolve();
    return over.promise;
  };
  return { work, begun: begun.promise, end: over.resolve, break: over.reject };
}

describe("look-ups of one config", () => {
  it("are three at the same time; the fourth begins when one ends, however it ends", async () => {
    const budget = lookBudget();
    const [first, second, third, fourth, fifth] = [lookUp(), lookUp(), lookUp(), lookUp(), lookUp()];
    const firstThree = [first, second, third].map(({ work }) => budget.within("1", work));
    let begun = 0;
    const later = [fourth, fifth].map(({ work }) =>
      budget.within("1", () => {
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

  it("that find no place in time are not begun, and another config's do not wait for them", async () => {
    const budget = lookBudget();
    const hanging = [lookUp(), lookUp(), lookUp()];
    const underWay = hanging.map(({ work }) => budget.within("1", work));
    const begun: string[] = [];
    const left = budget.within("1", async () => void begun.push("1"));
    expect(await budget.within("2", async () => void begun.push("2"))).toBe(true);
    expect(await left).toBe(false);
    expect(begun).toEqual(["2"]);
    for (const { end } of hanging) end();
    await Promise.all(underWay);
    expect(await budget.within("1", async () => void begun.push("1"))).toBe(true);
  });
});
