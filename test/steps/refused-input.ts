import { expect } from "vitest";
import type { ApiAnswer } from "./api.ts";

/** Expects HTTP 400 with this code, exactly these fields in `errors`, and no data. */
export function expectRefused(answer: ApiAnswer, code: number, ...fields: string[]): void {
  expect(answer).toMatchObject({ status: 400, code });
  expect(answer.data).toBeUndefined();
  expect(answer.message.length).toBeGreaterThan(5);
  expect(answer.errors?.map(({ field }) => field)).toEqual(fields);
}
