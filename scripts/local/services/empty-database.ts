import { constants, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { cp } from "node:fs/promises";
import path from "node:path";
import { baseOptions, type DatabaseProgram } from "./database-program.ts";
import type { StartOptions } from "./launch.ts";
import { cacheFolder } from "./local-folder.ts";

import { run } from "./run.ts";

/** Creates `data` as an initialised, empty database unless it exists. An interruption leaves no incomplete folder. */
export async function ensureDataDirectory(program: DatabaseProgram, data: string, options: StartOptions) {
  if (existsSync(data)) return;
  const template = await ensureTemplate(program, options);
  const work = `${data}.tmp`;
  rmSync(work, { recursive: true, force: true });
  mkdirSync(path.dirname(data), { recursive: true });
  // Dereferenced: a copied link would let the server write into the template.
  await cp(template, work, { recursive: true, dereference: true, mode: constants.COPYFILE_FICLONE });
  rmSync(path.join(work, "auto.cnf"), { force: true }); // MySQL's server id
  renameSync(work, data);
}

/** Copying an initialised directory takes a fraction of the time of initialising one. */
async function ensureTemplate(program: DatabaseProgram, { signal, note }: StartOptions): Promise<string> {
  const template = path.join(cacheFolder, `empty-${program.kind.toLowerCase()}-${program.version}`);
  if (existsSync(template)) return template;
  note?.(`database: initialising an empty ${program.kind} ${program.version}`);
  const work = `${template}.tmp-${process.pid}`;
  try {
    rmSync(work, { recursive: true, force: true });
    mkdirSync(work, { recursive: true });
    await run(
      program.command,
      [...baseOptions(program), `--datadir=${work}`, ...initialiseOptions[program.kind]],
      {
        env: program.env,
        input: program.kind === "MariaDB" ? bootstrapSql(program) : undefined,
        signal,
      },
    );
    if (!existsSync(template)) renameSync(work, template); // another run may have been faster
    return template;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

const initialiseOptions = {
  MySQL: [
    "--initialize-insecure",
    "--disable-log-bin",
    "--secure-file-priv=NULL",
    "--loose-innodb-flush-log-at-trx-commit=0",
    "--loose-innodb-flush-method=nosync",
    "--loose-innodb-doublewrite=0",
  ],
  MariaDB: [
    "--bootstrap",
    "--loose-innodb-flush-method=nosync",
    "--loose-innodb-log-file-size=32M",
    "--max-allowed-packet=16M",
    "--net-buffer-length=16K",
    "--log-warnings=0",
  ],
};

/**
 * The SQL that mariadb-install-db feeds to the server: that script itself needs programs of the client package and a
 * resolvable host name. A bootstrapping server reads one statement per line.
 */
function bootstrapSql({ share = "" }: DatabaseProgram): string {
  const system = ["system_tables.sql", "performance_tables.sql", "system_tables_data.sql"].map((name) => {
    const files = ["mariadb", "mysql"].map((prefix) => path.join(share, `${prefix}_${name}`)); // renamed in 11
    const file = files.find(existsSync);
    if (!file) throw new Error(`none of ${files.join(", ")} exists`);
    return readFileSync(file, "utf8");
  });
  return [
    "create database mysql;",
    "use mysql;",
    "set @auth_root_socket=NULL;",
    ...system,
    "delete from global_priv where User='' or Host<>'localhost';",
    "",
  ].join("\n");
}
