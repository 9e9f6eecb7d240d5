import * as z from "zod";

const reachable = z.boolean().optional().describe("Whether it answers.");

/** What a monitor reads; the parts only when it asked for them. */
export const healthAnswer = z
  .object({
    status: z
      .enum(["ok", "unavailable"])
      .describe("Payments go on, slower, while the cache or the queue does not answer."),
    database: reachable,
    cache: reachable,
    queue: reachable,
  })
  .meta({ id: "Health" });
