import { until } from "../steps/until.ts";
import type { Fault } from "./fault.ts";
import type { FaultWorld } from "./fault-world.ts";
import type { Injection } from "./function-processes.ts";
import type { Cell, Step } from "./matrix.ts";
import type { Rival, Scenario } from "./scenario.ts";

export type Played<Case> = { world: FaultWorld; scenario: Scenario<Case>; it: Case; cell: Cell; step: Step };

/** Runs the work into a fault and waits until it has ended in any way. */
export async function meeting<Case>(
  { world, scenario, it, step }: Played<Case>,
  fault: Fault,
  options?: { fresh: boolean },
): Promise<void> {
  const injection = world.processes.inject(step.entry, fault, options);
  await scenario.work(it);
  await injection.met;
}

/** Holds the work at a point (default: before the step), runs `meanwhile`, and lets the work go on. */
export async function standing<Case>(
  { world, scenario, it, step }: Played<Case>,
  meanwhile: (held: Injection) => Promise<unknown>,
  at = step.before,
): Promise<void> {
  const held = world.processes.inject(step.entry, { ...at, act: "hold" });
  const work = scenario.work(it);
  await held.met;
  await meanwhile(held);
  held.release();
  await Promise.all([work, held.over]);
}

/** Two concurrent calls: the second runs as far as the first one's locks allow, then both go on. */
export function withRival<Case>(played: Played<Case>, rival: Rival<Case>): Promise<void> {
  const { world, it, step } = played;
  return standing(played, async (first) => {
    const second = world.processes.inject(rival.entry, { ...(rival.waits ?? step.before), act: "hold" });
    let isHeld = false;
    const reachedHold = second.met.then(() => {
      isHeld = true;
    });
    const requested = rival.requests(it);
    await endsOrWaits(world, reachedHold);
    first.release();
    // If the second waited for a lock it holds others, on which the first would block: it is released first.
    if (isHeld) await first.over;
    void reachedHold.then(second.release, () => {});
    await Promise.all([first.over, requested, second.over]);
  });
}

/** Runs something else to its end while the work is held, or as far as the work's locks allow. */
export async function overtaken<Case>(played: Played<Case>): Promise<void> {
  const { world, scenario, it, cell } = played;
  const { at, by } = scenario.overtaking[cell.step]!;
  let other: Promise<unknown> | undefined;
  await standing(
    played,
    () => {
      other = by(it);
      return endsOrWaits(world, other);
    },
    at,
  );
  await other;
}

/** Resolves when `work` has ended or a transaction waits for a lock: this test controls both of its parties. */
async function endsOrWaits(world: FaultWorld, work: Promise<unknown>): Promise<void> {
  let ended = false;
  void Promise.allSettled([work]).then(() => {
    ended = true;
  });
  await until(async () => ended || (await world.someoneWaits()));
}
