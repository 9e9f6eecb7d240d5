import { afterAll, afterEach, beforeAll, expect } from "vitest";
import { openRows, type Rows } from "./rows.ts";

/** For a whole file, after its own `beforeAll`: each test must leave every table as that has left it. */
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
