import path from "node:path";
import type { Mutant } from "./mutant.ts";
import { type PrivateCopy, privateCopy } from "./private-copy.ts";
import type { TestGround } from "./test-ground.ts";
import { startTests, type TestRun } from "./tests.ts";

/** A copy of the repository, and what its tests need: one mutation is tried in it at a time. */
export type Lane = {
  copy: PrivateCopy;
  /** `only`: the full name of one test. */
  run(tests: readonly string[], only?: string): Promise<TestRun>;
  /** Does something while the program is mutated. */
  mutated<T>(mutant: Mutant, act: () => Promise<T>): Promise<T>;
  close(): Promise<void>;
};

type LaneOptions = { startGround(folder: string): Promise<TestGround>; signal: AbortSignal };

export async function openLane(
  root: string,
  folder: string,
  { startGround, signal }: LaneOptions,
): Promise<Lane> {
  const ground = await startGround(folder);
  const copy = await privateCopy(root, path.join(folder, "copy"));
  let running = startTests(copy.folder, ground.env, signal);
  let changed: string[] = [];

  /** The schema is made once, before the first test. */
  async function startAnew(): Promise<void> {
    await running.stop();
    await ground.renew();
    running = startTests(copy.folder, ground.env, signal);
  }

  return {
    copy,
    run(tests, only) {
      const order = { tests, changed, only };
      changed = [];
      return running.run(order);
    },
    async mutated(mutant, act) {
      const ofSchema = mutant.file.includes("/migrations/");
      const restore = copy.mutate(mutant);
      changed.push(mutant.file);
      try {
        if (ofSchema) await startAnew();
        return await act();
      } finally {
        restore();
        changed.push(mutant.file);
        if (ofSchema && !signal.aborted) await startAnew();
      }
    },
    async close() {
      await running.stop();
      await ground.stop();
    },
  };
}
