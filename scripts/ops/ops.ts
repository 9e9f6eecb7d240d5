import { commands, type OpsAnswer } from "../../lib/ops/run-command.ts";
import { commandLine, misused } from "../command-line.ts";
import { invokeDeployed } from "./invoke-deployed.ts";
import { invokeLocal } from "./invoke-local.ts";
import { asTable } from "./table.ts";

const width = Math.max(...Object.keys(commands).map((name) => name.length));

/** `npm run ops -- <command> [--name value …] [--stage dev|prod] [--json]`: the operators' command line. */
const usage = `npm run ops -- <command> [--name value …] [--stage dev|prod] [--json]

Without --stage the command runs in the gateway that npm start runs on this machine.

${Object.entries(commands)
  .map(([name, { summary, args }]) => describe(name, summary, Object.keys(args.shape)))
  .join("\n")}
`;

function describe(name: string, summary: string, names: string[]): string {
  const options = names.map((option) => `--${option.replaceAll("_", "-")}`).join(" ");
  return `  ${name.padEnd(width)} ${summary}${options && `\n  ${"".padEnd(width)} ${options}`}`;
}

/** Parses every option of every command as text; the command's own schema validates it later. */
function readArguments() {
  const names = new Set(Object.values(commands).flatMap(({ args }) => Object.keys(args.shape)));
  const texts = [...names].map((name) => [name.replaceAll("_", "-"), { type: "string" as const }]);
  const options = {
    ...Object.fromEntries(texts),
    stage: { type: "string" as const },
    json: { type: "boolean" as const },
  };
  const { values, positionals } = commandLine(usage, { options, allowPositionals: true });
  const { stage, json, ...provided }: Record<string, unknown> = values;
  const args = Object.fromEntries(
    Object.entries(provided).map(([name, value]) => [name.replaceAll("-", "_"), value]),
  );
  return {
    command: positionals.join(" "),
    args,
    stage: stage === undefined ? undefined : String(stage),
    json: json === true,
  };
}

async function main(): Promise<number> {
  const { command, args, stage, json } = readArguments();
  if (!Object.hasOwn(commands, command)) {
    if (command) misused(`unknown command "${command}"`, usage);
    console.log(usage);
    return 0;
  }
  const answer: OpsAnswer = stage
    ? await invokeDeployed(stage, command, args)
    : await invokeLocal(command, args);
  if (!answer.ok) {
    console.error(`${answer.code}: ${answer.message}`);
    return 1;
  }
  console.log(json ? JSON.stringify(answer.data, null, 2) : asTable(answer.data));
  return 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
