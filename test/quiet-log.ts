// Keeps the gateway's log lines out of the terminal: they are in `.local/test-log`, a file for each test file. A test that
// fails shows its last lines, and the conditions that it was still waiting for.
import { mkdirSync, openSync, writeSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, expect } from "vitest";
import { unmet } from "./steps/until.ts";

const mostShown = 15;
const root = path.join(import.meta.dirname, "..");
const folder = path.join(root, ".local/test-log");
let file: number | undefined;
let lines: string[] = [];

const { write } = process.stdout;
process.stdout.write = ((chunk: string | Uint8Array, ...rest: []) => {
  const text = String(chunk);
  if (!text.startsWith('{"time":')) return write.call(process.stdout, chunk, ...rest);
  lines = [...lines.slice(1 - mostShown), text];
  file ??= open();
  writeSync(file, text);
  return true;
}) as typeof write;

function open(): number {
  mkdirSync(folder, { recursive: true });
  const name = path.relative(root, expect.getState().testPath ?? "before-tests").replaceAll(path.sep, "_");
  return openSync(path.join(folder, `${name}.log`), "w");
}

beforeEach(() => {
  lines = [];
});
afterEach(({ task }) => {
  if (task.result?.state !== "fail") return;
  for (const wait of unmet()) console.error(`still waiting for ${wait}`);
  if (lines.length > 0) console.error(`the last log lines of "${task.name}":\n${lines.join("")}`);
});
