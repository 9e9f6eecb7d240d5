import { afterAll, afterEach, beforeAll, expect } from "vitest";
import { openRows, type Rows } from "./rows.ts";

/** Call it after a file's own `beforeAll`: each test must then leave every table unchanged. */
export function expectTablesUnchanged(): void {
  let rows: Rows;
  let before: unknown;
  beforeAll(async () => {
    rows = await openRows();
    before = await rows.checksums();
  });
  afterEach(async () => expect(await rows.checksums()).toEqual(before));
  afterAll(() => rows.close());
}
