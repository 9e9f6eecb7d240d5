import * as z from "zod";
import type { Gateway } from "../open-gateway.ts";

/** One thing an operator can do: its arguments are checked, its answer is shown as it is. */
export type Verb<Args extends z.ZodObject = z.ZodObject> = {
  summary: string;
  args: Args;
  run(gateway: Gateway, args: z.output<Args>): Promise<unknown>;
};

export function verb<Args extends z.ZodObject>(summary: string, args: Args, run: Verb<Args>["run"]): Verb {
  return { summary, args, run: run as Verb["run"] };
}

/** Merchants are named by id or by username. */
export const merchantName = z.string().min(1).describe("id or username of the merchant");
