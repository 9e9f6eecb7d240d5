import { type ParseArgsOptionsConfig, parseArgs } from "node:util";

/**
 * What an `npm run` command was given, as `parseArgs` reads it. `--help` prints `usage` and ends the process with 0; what
 * cannot be read ends it with 2, as `misused` does.
 */
export function commandLine<
  const Config extends { options: ParseArgsOptionsConfig; allowPositionals?: true },
>(usage: string, config: Config) {
  if (process.argv.includes("--help")) {
    console.log(usage);
    process.exit(0);
  }
  try {
    return parseArgs(config);
  } catch (error) {
    return misused(wordsOf(error), usage);
  }
}

/** An option's number: whole, and `least` or more. */
export function wholeNumber(name: string, text: string, { least, usage }: { least: number; usage: string }) {
  const number = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(number) && number >= least) return number;
  return misused(`--${name} takes a whole number from ${least}, not "${text}"`, usage);
}

/** Says what to change, and ends the process with 2. */
export function misused(words: string, usage: string): never {
  console.error(`${words}\n\n${usage}`);
  process.exit(2);
}

/** Node's own words about an option that there is not go on about positional arguments. */
function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const isUnknown = "code" in error && error.code === "ERR_PARSE_ARGS_UNKNOWN_OPTION";
  return isUnknown ? error.message.split(". ")[0]! : error.message;
}
