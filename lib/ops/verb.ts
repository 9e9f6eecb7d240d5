import * as z from "zod";
import { plainId, text } from "../http/fields.ts";
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

/** The number that a row has in the database, see the list verbs. */
export const rowId = z.string().regex(/^[1-9]\d{0,19}$/, "the number in the first column of the list");

/** Whoever changes something by hand says why. */
export const note = text.trim().min(1, "say what was done").max(500, "at most 500 characters");

export const orderNo = plainId.describe("our number of the order");

export const listLimit = z.coerce.number().int().min(1, "1 to 200").max(200, "1 to 200").default(50);
