import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import type { Container, Launch, StartOptions } from "./launch.ts";

import { run } from "./run.ts";

export type Image = {
  name: string;
  /** The folder in it whose content must survive the container. */
  dataFolder: string;
};

/** Whether an engine answers, not only whether the client is installed. */
export function dockerAnswers(): boolean {
  return spawnSync("docker", ["info"], { stdio: "ignore", timeout: 5000 }).status === 0;
}

/** Removes an old container of this server and folder, and pulls the image if it is missing. */
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

/** How to run a container whose server listens on the published port and keeps its data in a volume. */
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
