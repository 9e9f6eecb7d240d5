import { readFileSync } from "node:fs";
import path from "node:path";

export const root = path.join(import.meta.dirname, "../..");

/** A fenced block of code; `language` is "" if the fence names none. */
export type Block = { language: string; code: string };

export type Readme = { file: string; text: string; blocks: Block[]; rows: string[][] };

const fence = /^```(\w*)\n(.*?)^```$/gms;

/** The README in English and in Chinese. */
export const readmes: readonly Readme[] = ["README.md", "README.zh-CN.md"].map((file) => {
  const text = readFileSync(path.join(root, file), "utf8");
  const blocks = [...text.matchAll(fence)].map(([, language = "", code = ""]) => ({ language, code }));
  const rows = text.match(/^\|.*\|$/gm) ?? [];
  return { file, text, blocks, rows: rows.map(cellsOf) };
});

/** The non-empty lines of a README, with each code block replaced by one line `<code n>`. */
export function linesOf({ text }: Readme): string[] {
  let blocks = 0;
  return text
    .replace(fence, () => `<code ${blocks++}>`)
    .split("\n")
    .filter((line) => line !== "");
}

/** The cells of a table row. */
export function cellsOf(row: string): string[] {
  return row
    .slice(1, -1)
    .split("|")
    .map((cell) => cell.trim());
}

/** The inline code (in backquotes) of a line. */
export function codeIn(line: string): string[] {
  return [...line.matchAll(/`([^`]+)`/g)].map(([, code = ""]) => code);
}
