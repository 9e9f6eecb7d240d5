import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";
import type { Stage } from "../infra/stages.ts";
import { hashOfInputs } from "./build/hash-of-inputs.ts";
import { build } from "./build.ts";

const root = join(import.meta.dirname, "..");
const cache = join(root, ".local", "cache", "synth");
/** All inputs of the synthesis. */
const inputs = [
  "infra",
  "lib",
  "functions",
  "scripts/build",
  "scripts/build.ts",
  "package-lock.json",
  "cdk.json",
];
/** A placeholder, so that production's templates can be synthesized without owning a domain. */
const examplePublicUrl = "https://pay.example.com";

/**
 * Builds the functions and synthesizes the stage, unless the cache has the same inputs. Returns the directory of the
 * cloud assembly: `outdir` when given, else one in the cache, which later calls never change. Aborting `signal` cancels
 * it.
 */
export async function synth(stage: Stage, outdir?: string, signal?: AbortSignal): Promise<string> {
  const assembly = join(cache, `${stage}-${(await hashOfInputs(root, inputs)).slice(0, 16)}`);
  if (!existsSync(assembly)) {
    await dropOld(stage);
    await synthesize(stage, assembly, signal);
  }
  if (outdir === undefined) return assembly;
  await rm(outdir, { recursive: true, force: true });
  await cp(assembly, outdir, { recursive: true });
  return outdir;
}

/** Without the CDK's command line, which takes two seconds longer; its validation of templates runs all the same. */
async function synthesize(stage: Stage, assembly: string, signal?: AbortSignal): Promise<void> {
  await mkdir(cache, { recursive: true });
  const fresh = await mkdtemp(`${assembly}-`);
  try {
    const dist = join(fresh, "dist");
    const out = join(fresh, "cdk.out");
    await build({ dist });
    signal?.throwIfAborted();
    const { context } = JSON.parse(await readFile(join(root, "cdk.json"), "utf8"));
    const environment = {
      CDK_OUTDIR: out,
      CDK_CONTEXT_JSON: JSON.stringify({ ...context, stage, dist, publicUrl: examplePublicUrl }),
    };
    await run(process.execPath, ["infra/app.ts"], environment, signal);
    await rename(out, assembly).catch((error) => {
      if (!existsSync(assembly)) throw error; // else another process has just made the same
    });
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
}

const storedPerStage = 4;

/** Keeps the newest assemblies, because a running host may still read its own. */
async function dropOld(stage: Stage): Promise<void> {
  const names = existsSync(cache) ? await readdir(cache) : [];
  const ours = names.filter((name) => name.startsWith(`${stage}-`)).map((name) => join(cache, name));
  const aged = await Promise.all(ours.map(async (path) => ({ path, at: (await stat(path)).mtimeMs })));
  const old = aged.sort((a, b) => b.at - a.at).slice(storedPerStage - 1);
  await Promise.all(old.map(({ path }) => rm(path, { recursive: true, force: true })));
}

/** Runs a command, whose output is shown only when it fails. */
async function run(
  command: string,
  args: readonly string[],
  environment: Record<string, string> = {},
  signal?: AbortSignal,
): Promise<void> {
  // The CDK's command line starts `node`, which must be this one.
  const PATH = `${dirname(process.execPath)}${delimiter}${process.env.PATH}`;
  const child = spawn(command, args, { cwd: root, env: { ...process.env, PATH, ...environment }, signal });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += chunk));
  const code = await new Promise((resolve, reject) => child.once("error", reject).once("close", resolve));
  if (code !== 0) throw new Error(`${command} ${args.join(" ")} failed (${code}):\n${output}`);
}

/** Synthesizes as a deployment does; a warning is a failure. */
async function synthStrictly(stage: Stage): Promise<void> {
  const started = performance.now();
  const out = join(root, ".local", "synth", stage);
  const context = ["-c", `stage=${stage}`, "-c", `publicUrl=${examplePublicUrl}`];
  await run(
    process.execPath,
    [
      join(root, "node_modules", "aws-cdk", "bin", "cdk"),
      "synth",
      "--strict",
      "--quiet",
      "--no-notices",
      "-o",
      out,
      ...context,
    ],
    { CDK_DISABLE_CLI_TELEMETRY: "true" },
  );
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  for (const file of await readdir(out)) {
    if (!file.endsWith(".template.json")) continue;
    const { Resources } = JSON.parse(await readFile(join(out, file), "utf8"));
    console.log(
      `${stage}: ${file.replace(".template.json", "")}, ${Object.keys(Resources).length} resources`,
    );
  }
  console.log(`${stage}: no finding, ${seconds} s`);
}

if (import.meta.main) {
  for (const stage of ["dev", "prod"] as const) await synthStrictly(stage);
}
