import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import type { StartOptions } from "./local-server.ts";
import { run } from "./run.ts";
import type { Launch } from "./server-process.ts";

export type Container = {
  /** The same for every start in one folder, so that what a killed run left is found; its volume has this name too. */
  name: string;
  /** Whether the data outlive a stop. */
  durable: boolean;
};

export type Image = {
  name: string;
  /** The folder in it whose content must survive the container. */
  dataFolder: string;
};

/** Whether an engine answers, not only whether the client is installed. */
export function dockerAnswers(): boolean {
  return spawnSync("docker", ["info"], { stdio: "ignore", timeout: 5000 }).status === 0;
}

/** Makes room for the container of a server of `dir`, and has its image at hand. */
export async function prepareContainer(
  server: string,
  image: Image,
  options: StartOptions,
): Promise<Container> {
  const { dir, durable = false, signal, note } = options;
  const container = {
    name: `uni-pay-${server}-${createHash("sha256").update(dir).digest("hex").slice(0, 12)}`,
    durable,
  };
  await removeContainer(container);
  try {
    await run("docker", ["image", "inspect", image.name], { signal });
  } catch {
    note?.(`docker: pulling ${image.name}`);
    await run("docker", ["pull", "--quiet", image.name], { signal });
  }
  return container;
}

/** Removes the container and, unless they are durable, its data. */
export async function removeContainer({ name, durable }: Container): Promise<void> {
  const quietly = (args: string[]) => run("docker", args).catch(() => {}); // there may be none
  await quietly(["rm", "--force", name]);
  if (!durable) await quietly(["volume", "rm", "--force", name]);
}

/** Runs a container whose server listens on the very port that is published, with its data in a volume. */
export function containerLaunch(
  container: Container,
  port: number,
  image: Image,
  args: string[],
  environment: Record<string, string> = {},
): Launch {
  const { name } = container;
  const variables = Object.entries(environment).flatMap(([key, value]) => ["--env", `${key}=${value}`]);
  const published = `--publish=127.0.0.1:${port}:${port}`;
  const options = ["--rm", `--name=${name}`, published, `--volume=${name}:${image.dataFolder}`, ...variables];
  return {
    command: "docker",
    args: ["run", ...options, image.name, ...args],
    marker: `--name=${name}`,
    container,
  };
}
