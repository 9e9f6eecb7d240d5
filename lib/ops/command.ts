import * as z from "zod";
import type { Gateway } from "../gateway.ts";
import { plainId, text } from "../http/fields.ts";
/** An operator command. Its arguments are validated against `args`; its result is printed unchanged. */
export type Command<Args extends z.ZodObject = z.ZodObject> = {
  summary: string;
  args: Args;
  run(gateway: Gateway, args: z.output<Args>): Promise<unknown>;
};

export function command<Args extends z.ZodObject>(
  summary: string,
  args: Args,
  run: Command<Args>["run"],
): Command {
  return { summary, args, run: run as Command["run"] };
}

export const merchantName = z.string().min(1).describe("id or username of the merchant");

/** Database id of a row, as the list commands print it. */
export const rowId = z.string().regex(/^[1-9]\d{0,19}$/, "use the id that the list command shows");

/** Required for manual changes: what was done and why. */
export const note = text.trim().min(1, "say what was done").max(500, "at most 500 characters");

export const orderNo = plainId.describe("the gateway's order number");

export const listLimit = z.coerce.number().int().min(1, "1 to 200").max(200, "1 to 200").default(50);
