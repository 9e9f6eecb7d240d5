import path from "node:path";
import type { Mutant } from "./mutant.ts";
import { type PrivateCopy, privateCopy } from "./private-copy.ts";
import type { TestSetup } from "./test-setup.ts";
import { startTests, type TestRun } from "./tests.ts";

/** A copy of the repository with the services of its tests. One mutation runs in it at a time. */
export type Lane = {
  copy: PrivateCopy;
  /** `only`: the full name of one test. */
  run(tests: readonly string[], only?: string): Promise<TestRun>;
  /** Calls `act` while the program is mutated. */
  mutated<T>(mutant: Mutant, act: () => Promise<T>): Promise<T>;
  close(): Promise<void>;
};

type LaneOptions = { startSetup(folder: string): Promise<TestSetup>; signal: AbortSignal };

export async function openLane(
  root: string,
  folder: string,
  { startSetup, signal }: LaneOptions,
): Promise<Lane> {
  const setup = await startSetup(folder);
  const copy = await privateCopy(root, path.join(folder, "copy"));
  let running = startTests(copy.folder, setup.env, signal);
  let changed: string[] = [];

  /** A process migrates the schema only once, before its first test: another schema needs a new process. */
  async function startAnew(): Promise<void> {
    await running.stop();
    await setup.renew();
    running = startTests(copy.folder, setup.env, signal);
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
      await setup.stop();
    },
  };
}
