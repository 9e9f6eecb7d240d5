import * as z from "zod";
import type { Assembly } from "./assembly.ts";
import type { Functions } from "./lambda-functions.ts";
import { readProperties } from "./read-properties.ts";
import type { Resolve } from "./resolve.ts";

const triggerSchema = z.object({
  HandlerArn: z.string(),
  InvocationType: z.literal("RequestResponse").default("RequestResponse"),
});

/** Invokes, one after the other, the functions that a deployment runs before it lets traffic in. */
export async function runTriggers(assembly: Assembly, resolve: Resolve, functions: Functions): Promise<void> {
  for (const trigger of assembly.ofType("Custom::Trigger")) {
    const lambda = functions.find(readProperties(trigger, triggerSchema, resolve).HandlerArn);
    try {
      await functions.invoke(lambda, {});
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new Error(`${lambda.entry}, which every deployment runs first, failed: ${reason}`, {
        cause: error,
      });
    }
  }
}
