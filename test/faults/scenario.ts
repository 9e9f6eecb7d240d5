import type { Cell, Point, Step, StepName } from "./matrix.ts";

/** What a group of steps does, seen from outside the gateway. `Case`: the state of one run. */
export type Scenario<Case> = {
  /** Prepares everything that the work needs. */
  begin(cell: Cell): Promise<Case>;
  /** One call of the work, the first or a repeat; resolves however it ends. */
  work(it: Case): Promise<unknown>;
  /** The concurrent call. Absent: the same call again. */
  rival?: Rival<Case>;
  /** What overtakes the work while it is held at this point. */
  overtaking: Partial<Record<StepName, { at: Point; by(it: Case): Promise<unknown> }>>;
  /** The wake-up message that the work at this step handles or sends. */
  messages: Partial<Record<StepName, Message<Case>>>;
  /** Whether the first call has succeeded, as it must with a fault that only delays it. */
  isDoneAtOnce(it: Case): Promise<boolean>;
  /** Retries, polls and sweeps, until the work is done. */
  finish(it: Case): Promise<void>;
  /** Asserts the one correct end, whatever the fault was. */
  expectEnd(it: Case): Promise<void>;
};

export type Rival<Case> = {
  entry: string;
  requests(it: Case): Promise<unknown>;
  /** Where it waits for the first call, if neither at the step itself nor for a lock. */
  waits?: Point;
};

export const sameAgain = <Case>({ work }: Scenario<Case>, { entry }: Step): Rival<Case> => ({
  entry,
  requests: work,
});

export type Message<Case> = {
  /** The function that handles it. */
  entry: string;
  /** A text that only this message's body holds. */
  text(it: Case): Promise<string>;
  /** `delayed`: sent before, due later · `due`: sent at the step, due now · `worked on`: it starts the work. */
  kind: "delayed" | "due" | "worked on";
  /** How much later it is due; for `worked on`: how much too early it comes. */
  seconds?: number;
};
