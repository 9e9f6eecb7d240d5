import * as z from "zod";

const reachable = z.boolean().optional().describe("Whether it answers.");

/** Answer for monitors; `database`, `cache` and `queue` only with `?deep=1`. */
export const healthAnswer = z
  .object({
    status: z.enum(["ok", "unavailable"]).describe("Without cache or queue, payments continue, but slower."),
    database: reachable,
    cache: reachable,
    queue: reachable,
  })
  .meta({ id: "Health" });
