import * as z from "zod";
import type { SceneLife } from "../domain/scene-life.ts";

/** What must be known of a scene before the provider's code is loaded. */
export type Scene = SceneLife & {
  /** What the buyer gets: a link to open (`payment_url`), or a code to scan (`qr_code`). */
  gives: "link" | "code";
  /** Strict schema of the scene's `extra_params`. */
  extraParams: z.ZodType<Record<string, unknown>>;
};

export const noExtraParams = z.strictObject({});
export const hour = 3_600;
export const day = 24 * hour;
