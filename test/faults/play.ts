import { expect } from "vitest";
import { meeting, overtaken, type Played, standing, withRival } from "./at-step.ts";
import type { FaultWorld } from "./fault-world.ts";
import type { Injection } from "./function-processes.ts";
import { type Cell, type FaultName, type Step, type StepName, steps } from "./matrix.ts";
import { queueFault } from "./queue-fault.ts";
import { type Scenario, sameAgain } from "./scenario.ts";

/** Faults that only delay the caller: its first call still succeeds. */
const unnoticed: ReadonlySet<FaultName> = new Set([
  "Redis down",
  "database reset",
  "database read-only",
  "commit unknown",
]);

/** Plays one cell: the scenario, the fault at its step, the retries of others, and the one end that it must have. */
export async function play<Case>(world: FaultWorld, scenario: Scenario<Case>, cell: Cell): Promise<void> {
  try {
    await whole(world, scenario, cell, async (played) => {
      await inject(played, cell.fault);
      if (unnoticed.has(cell.fault)) expect(await scenario.isDoneAtOnce(played.it)).toBe(true);
    });
  } finally {
    if (cell.fault === "Redis down") await world.redis.kill("SIGCONT");
  }
}

/** Plays a scenario in which something happens while its work is held before a step. */
export function playAtStep<Case>(
  world: FaultWorld,
  scenario: Scenario<Case>,
  step: StepName,
  happens: (held: Injection) => Promise<unknown>,
): Promise<void> {
  const cell: Cell = { name: `${step}×database reset`, step, fault: "database reset" };
  return whole(world, scenario, cell, (played) => standing(played, happens));
}

async function whole<Case>(
  world: FaultWorld,
  scenario: Scenario<Case>,
  cell: Cell,
  injects: (played: Played<Case>) => Promise<unknown>,
): Promise<void> {
  await world.clearAway();
  const it = await scenario.begin(cell);
  await injects({ world, scenario, it, cell, step: steps[cell.step] });
  await scenario.finish(it);
  await scenario.expectEnd(it);
  await world.expectSound();
}

function inject<Case>(played: Played<Case>, fault: FaultName): Promise<unknown> {
  const { world, scenario, step } = played;
  switch (fault) {
    case "killed before":
      return meeting(played, { ...step.before, act: "kill" });
    case "killed after":
      return meeting(played, { ...step.after, act: "kill" });
    case "time-out":
      return timeOut(played);
    case "concurrent duplicate":
      return withRival(played, scenario.rival ?? sameAgain(scenario, step));
    case "reordered":
      return overtaken(played);
    case "Redis down":
      return standing(played, () => world.redis.kill("SIGSTOP"));
    case "database reset":
      return standing(played, () => world.cutConnections());
    case "database read-only":
      return meeting(played, { when: "before", ...written(step), act: "read-only" });
    case "commit unknown":
      return meeting(played, { ...step.after, act: "lost" });
    default:
      return queueFault(played, fault);
  }
}

function written({ writes }: Step) {
  if (!writes) throw new Error("this step writes nothing");
  return writes;
}

/** The request may be carried out, but its response comes too late. The platform kills a function that is too slow. */
function timeOut<Case>(played: Played<Case>): Promise<void> {
  const { step } = played;
  if (step.before.what === "^answer$") return standing(played, (held) => held.kill());
  const silent = step.silent ?? { when: "after" as const, ...(step.writes ?? step.after) };
  // A process that has run before has the config cached, and may have stopped using Redis for a while.
  return meeting(played, { ...silent, act: "time-out" }, { fresh: step.silent !== undefined });
}
