import { copyFileSync, existsSync, mkdirSync, realpathSync, statSync } from "node:fs";
import path from "node:path";
import { findExecutable } from "./find-executable.ts";
import type { StartOptions } from "./launch.ts";
import { cacheFolder } from "./local-folder.ts";

import { run } from "./run.ts";
import { canUnpack, libraryPath, unpackPackages } from "./unpack-packages.ts";

/** A database server on this machine. */
export type DatabaseProgram = {
  command: string;
  kind: "MySQL" | "MariaDB";
  version: string;
  /** Where its `share` folder lies. */
  base: string;
  /** Error messages and, for MariaDB, the SQL that creates the system tables. */
  share: string | undefined;
  env: Record<string, string>;
};

const names = ["mysqld", "mariadbd"];

const brewFolders = ["/opt/homebrew/opt", "/usr/local/opt", "/home/linuxbrew/.linuxbrew/opt"].flatMap(
  (root) =>
    ["mysql@8.4", "mysql@8.0", "mysql", "mariadb@11.8", "mariadb"].map((formula) => `${root}/${formula}/bin`),
);
/** Servers are often not on a plain user's PATH. */
const folders = ["/usr/sbin", "/usr/libexec", "/usr/local/sbin", "/usr/local/mysql/bin", ...brewFolders];

export function databaseOnPath(): string | undefined {
  return findExecutable(names, folders);
}

/** Tries `LOCAL_MYSQLD`, PATH and brew, then this system's packages, unpacked. `lacks`: why no server was found. */
export async function findDatabase(options: StartOptions): Promise<DatabaseProgram | { lacks: string }> {
  const chosen = process.env.LOCAL_MYSQLD;
  if (chosen) return describe(chosen, path.join(path.dirname(chosen), "root/usr"));
  const installed = databaseOnPath();
  if (installed)
    return describe(unconfined(installed), path.resolve(path.dirname(realpathSync(installed)), ".."));
  if (!canUnpack()) return { lacks: "" };
  try {
    const root = await unpackPackages(["database"], options);
    const command = names.map((name) => path.join(root, "usr/sbin", name)).find(existsSync);
    if (!command) throw new Error(`no ${names.join(" or ")} in ${root}`);
    return await describe(command, path.join(root, "usr"), { LD_LIBRARY_PATH: libraryPath(root) });
  } catch (error) {
    options.signal?.throwIfAborted();
    return { lacks: `\nUnpacking it from this system's packages failed: ${error}` };
  }
}

async function describe(
  command: string,
  base: string,
  env: Record<string, string> = {},
): Promise<DatabaseProgram> {
  const said = await run(command, ["--no-defaults", "--version"], { env });
  const share = ["share/mysql", "share/mariadb", "share"]
    .map((folder) => path.join(base, folder))
    .find((folder) => existsSync(path.join(folder, "english")));
  return {
    command,
    kind: /MariaDB/i.test(said) ? "MariaDB" : "MySQL",
    version: /Ver\s+(\S+)/.exec(said)?.[1] ?? "unknown",
    base,
    share,
    env,
  };
}

/** Ubuntu's AppArmor profile forbids mysqld other data directories. It applies by path, so a copy is not confined. */
function unconfined(command: string): string {
  const real = realpathSync(command);
  if (!existsSync("/etc/apparmor.d/usr.sbin.mysqld") || !real.startsWith("/usr/sbin/")) return command;
  const copy = path.join(cacheFolder, "bin", path.basename(real));
  if (!existsSync(copy) || statSync(copy).size !== statSync(real).size) {
    mkdirSync(path.dirname(copy), { recursive: true });
    copyFileSync(real, copy);
  }
  return copy;
}

/** The first options of every run of the program: no system configuration, its own files, root if this process is. */
export function baseOptions(program: DatabaseProgram): string[] {
  return [
    "--no-defaults",
    `--basedir=${program.base}`,
    ...(program.share ? [`--lc-messages-dir=${program.share}`] : []),
    ...(process.getuid?.() === 0 ? ["--user=root"] : []), // without it the server refuses to run as root
  ];
}
