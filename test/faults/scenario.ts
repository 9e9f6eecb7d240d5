import type { Cell, Point, Step, StepName } from "./matrix.ts";

/** What a group of steps is for, as everybody around it sees it. `Case`: one payment of it. */
export type Scenario<Case> = {
  /** Everything up to the moment before the work. */
  begin(cell: Cell): Promise<Case>;
  /** The work, as its caller asks for it, for the first time or once more; resolves however it ends. */
  work(it: Case): Promise<unknown>;
  /** Who wants the same at the same time. Absent: the same caller. */
  rival?: Rival<Case>;
  /** What comes before its time, while the work stands at this point. */
  overtaking: Partial<Record<StepName, { at: Point; by(it: Case): Promise<unknown> }>>;
  /** The message that the work at this step is about, or sends. */
  messages: Partial<Record<StepName, Message<Case>>>;
  /** Whether the first try has done it: what nobody should notice takes no second one. */
  isDoneAtOnce(it: Case): Promise<boolean>;
  /** What others do next, until all is done. */
  finish(it: Case): Promise<void>;
  /** The one end of it, whatever has happened. */
  expectEnd(it: Case): Promise<void>;
};

export type Rival<Case> = {
  entry: string;
  asks(it: Case): Promise<unknown>;
  /** Where it waits for the first, if that is neither at the step itself nor for a lock. */
  waits?: Point;
};

export const sameAgain = <Case>({ work }: Scenario<Case>, { entry }: Step): Rival<Case> => ({
  entry,
  asks: work,
});

export type Message<Case> = {
  /** Whose message it is. */
  entry: string;
  /** What its body holds and no other's. */
  text(it: Case): Promise<string>;
  /** `delayed`: sent by then, due later · `due`: sent at the step, due now · `worked on`: the work is about it. */
  kind: "delayed" | "due" | "worked on";
  /** How much later it is due, or how much earlier than it should a message comes that is worked on. */
  seconds?: number;
};
