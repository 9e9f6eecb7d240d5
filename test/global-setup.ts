import { mkdtempSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createConnection } from "mysql2/promise";
import type { TestProject } from "vitest/node";
import { migrate } from "../lib/storage/migrate.ts";
import {
  type ServiceEnvironment,
  startServices,
  sweepStale,
} from "../scripts/local/services/start-services.ts";

declare module "vitest" {
  interface ProvidedContext {
    services: ServiceEnvironment;
    /** A test starts its own servers below this folder, so that they are stopped with the run even if it crashes. */
    runFolder: string;
  }
}

const prefix = "uni-pay-test-";

/** Starts the services once for the whole run and gives every worker a migrated database. */
export default async function startTestServices(project: TestProject): Promise<() => Promise<void>> {
  const root = chooseRoot();
  await sweepStale(root, prefix);
  const runFolder = mkdtempSync(path.join(root, prefix));
  const services = await startServices({ dir: runFolder, ephemeral: true, quiet: true });
  try {
    const slots = Array.from({ length: project.vitest.config.maxWorkers }, (_, index) => index + 1);
    await createDatabases(
      services.env.DATABASE_URL,
      slots.map((slot) => `t${slot}`),
    );
  } catch (error) {
    await services.stop();
    throw error;
  }
  project.provide("services", services.env);
  project.provide("runFolder", runFolder);
  return () => services.stop();
}

/** `/dev/shm` if it has 1 GiB free (schema changes are four times faster in memory), else the temporary folder. */
function chooseRoot(): string {
  try {
    const { bavail, bsize } = statfsSync("/dev/shm");
    if (bavail * bsize > 2 ** 30) return "/dev/shm";
  } catch {
    // macOS has no /dev/shm.
  }
  return tmpdir();
}

async function createDatabases(url: string, names: string[]): Promise<void> {
  const connection = await createConnection({ uri: url });
  for (const name of names) {
    await connection.query(
      `create database if not exists ${name} character set utf8mb4 collate utf8mb4_unicode_520_ci`,
    );
  }
  await connection.end();
  for (const name of names) await migrate(Object.assign(new URL(url), { pathname: `/${name}` }).href);
}
