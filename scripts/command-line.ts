import { type ParseArgsOptionsConfig, parseArgs } from "node:util";

/**
 * Parses the arguments of an `npm run` command with `parseArgs`. `--help` prints `usage` and exits with 0; invalid
 * arguments exit with 2, see `misused`.
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
    return misused(messageOf(error), usage);
  }
}

/** Parses an option's whole number, which must be `least` or more. */
export function wholeNumber(name: string, text: string, { least, usage }: { least: number; usage: string }) {
  const number = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(number) && number >= least) return number;
  return misused(`--${name} takes a whole number from ${least}, not "${text}"`, usage);
}

/** Prints what to change, and exits with 2. */
export function misused(message: string, usage: string): never {
  console.error(`${message}\n\n${usage}`);
  process.exit(2);
}

/** Shortens Node's message about an unknown option, which goes on about positional arguments. */
function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const isUnknown = "code" in error && error.code === "ERR_PARSE_ARGS_UNKNOWN_OPTION";
  return isUnknown ? error.message.split(". ")[0]! : error.message;
}
