import { until } from "../steps/simulator.ts";
import type { Fault } from "./fault.ts";
import type { FaultWorld } from "./fault-world.ts";
import type { Befalling } from "./function-processes.ts";
import type { Cell, Step } from "./matrix.ts";
import type { Rival, Scenario } from "./scenario.ts";

export type Played<Case> = { world: FaultWorld; scenario: Scenario<Case>; it: Case; cell: Cell; step: Step };

/** The work meets a fault and ends, however that is. */
export async function meeting<Case>(
  { world, scenario, it, step }: Played<Case>,
  fault: Fault,
  options?: { fresh: boolean },
): Promise<void> {
  const befalling = world.processes.befall(step.entry, fault, options);
  await scenario.work(it);
  await befalling.met;
}

/** The work stands at a point, before the step unless told otherwise, something happens, and it goes on. */
export async function standing<Case>(
  { world, scenario, it, step }: Played<Case>,
  meanwhile: (held: Befalling) => Promise<unknown>,
  at = step.before,
): Promise<void> {
  const held = world.processes.befall(step.entry, { ...at, act: "hold" });
  const work = scenario.work(it);
  await held.met;
  await meanwhile(held);
  held.release();
  await Promise.all([work, held.over]);
}

/** Two at once: the second comes as far as the first lets it, then both go on. */
export function withRival<Case>(played: Played<Case>, rival: Rival<Case>): Promise<void> {
  const { world, it, step } = played;
  return standing(played, async (first) => {
    const second = world.processes.befall(rival.entry, { ...(rival.waits ?? step.before), act: "hold" });
    let isHeld = false;
    const letGo = second.met.then(() => {
      isHeld = true;
    });
    const asked = rival.asks(it);
    await endsOrWaits(world, letGo);
    first.release();
    // One that has waited for a lock has others too, which would keep the first from its end.
    if (isHeld) await first.over;
    void letGo.then(second.release, () => {});
    await Promise.all([first.over, asked, second.over]);
  });
}

/** Something else comes in between: as a whole, or as far as the work's locks let it. */
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

/** Resolves when it has ended, or a transaction waits for a lock of another: both ends of it are in this test's hand. */
async function endsOrWaits(world: FaultWorld, work: Promise<unknown>): Promise<void> {
  let ended = false;
  void Promise.allSettled([work]).then(() => {
    ended = true;
  });
  await until(async () => ended || (await world.someoneWaits()));
}
