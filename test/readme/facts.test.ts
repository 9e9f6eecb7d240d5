import { globSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { mostAttempts, nextDue } from "../../lib/domain/delivery-schedule.ts";
import { failures } from "../../lib/errors.ts";
import { functions } from "../../lib/functions.ts";
import { commands } from "../../lib/ops/run-command.ts";
import { providers } from "../../lib/providers/registry.ts";
import { codeIn, type Readme, readmes, root } from "./readmes.ts";

/** Library files, without those that only document failures and never answer with them. */
const library = globSync("lib/**/*.ts", { cwd: root }).filter(
  (file) => file !== "lib/errors.ts" && !file.startsWith("lib/http/openapi/"),
);
const sources = library.map((file) => readFileSync(path.join(root, file), "utf8"));

/** Code and HTTP status of every failure that a caller can get. */
const met = Object.entries(failures)
  .filter(([name]) => sources.some((source) => source.includes(`"${name}"`)))
  .map(([, { code, http }]) => `${code} ${http}`);

/** The arguments of each `npm run ops -- …` line in the shell blocks. */
function operatorLines({ blocks }: Readme): string[][] {
  const shell = blocks.filter(({ language }) => language === "sh").map(({ code }) => code);
  const lines = shell.join("\n").matchAll(/^npm run ops -- (.*)$/gm);
  return [...lines].map(([, words = ""]) => words.match(/"[^"]*"|\S+/g) ?? []);
}

describe.each(readmes)("$file", (readme) => {
  const { rows } = readme;

  it("the README lists every error code that a caller can get, with its HTTP status", () => {
    const listed = rows
      .filter(([code = ""]) => /^\d{4}$/.test(code))
      .map(([code, http]) => `${code} ${http}`);
    expect(listed.sort()).toEqual([...new Set(met)].sort());
  });

  it("the README lists every route that merchants and monitors call", () => {
    const called = functions
      .flatMap(({ routes = [] }) => routes)
      .filter((route) => route.includes(" /") && !route.includes("/public/"));
    const listed = rows.flatMap(([first = ""]) => codeIn(first)).filter((code) => /^[A-Z]+ \//.test(code));
    expect(listed.sort()).toEqual(called.sort());
  });

  it("the README lists every provider's scenes, the default first, with what the buyer gets", () => {
    const listed = rows.flatMap(([provider = "", scene = "", link, code]) => {
      const [name = ""] = codeIn(provider);
      const gives = [link && "link", code && "code"].filter(Boolean).join();
      return Object.hasOwn(providers, name) ? [`${name} ${codeIn(scene)[0]} ${gives}`] : [];
    });
    const scenes = Object.entries(providers).flatMap(([name, entry]) =>
      Object.entries(entry.scenes).map(([scene, { gives }]) => `${name} ${scene} ${gives}`),
    );
    expect(listed).toEqual(scenes);
  });

  it("the README gives the retry schedule of notifications", () => {
    const start = new Date(0);
    const minutes = Array.from({ length: mostAttempts - 1 }, (_, attempt) => {
      return nextDue(attempt + 1, start)!.getTime() / 60_000;
    });
    expect(minutes).toEqual([1, 2, 5, 10, 30]);
    expect(readme.text.replaceAll(/(, | and |、| 和 )/g, " ")).toContain(minutes.join(" "));
  });

  it("the README lists every operator command", () => {
    const listed = rows.flatMap(([first = ""]) => {
      const [group = "", command, ...others] = codeIn(first)[0]?.split(/ (?:· )?/) ?? [];
      const names = command === undefined ? [group] : [command, ...others].map((name) => `${group} ${name}`);
      return names.some((name) => Object.hasOwn(commands, name)) ? names : [];
    });
    expect(listed.sort()).toEqual(Object.keys(commands).sort());
  });

  it("every operator command line in the README is accepted by its command", () => {
    const lines = operatorLines(readme);
    expect(lines.length).toBeGreaterThan(0);
    for (const words of lines) {
      const name = words
        .slice(0, 2)
        .filter((word) => !word.startsWith("--"))
        .join(" ");
      const options = words.slice(name.split(" ").length);
      const optionNames = options.flatMap((word, at) =>
        word.startsWith("--") ? [[word.slice(2).replaceAll("-", "_"), options[at + 1]]] : [],
      );
      const { stage: _, ...args } = Object.fromEntries(optionNames);
      const verdict = commands[name]?.args.safeParse(args);
      expect({ words, wrong: verdict?.error?.issues }).toEqual({ words, wrong: undefined });
      expect(verdict, name).toBeDefined();
    }
  });
});
