import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { createConnection } from "mysql2/promise";
import { baseOptions, type DatabaseProgram, findDatabase } from "./database-program.ts";
import { containerLaunch, dockerAnswers, prepareContainer } from "./docker.ts";
import { ensureDataDirectory } from "./empty-database.ts";
import type { StartOptions } from "./launch.ts";
import { type LocalServer, type ServerPlan, startServer } from "./local-server.ts";

const waysOut = `No MySQL-compatible server was found. One of these is enough:
  - DATABASE_URL=mysql://user:password@host:port/database      a server you run already
  - macOS:          brew install mysql                         or: brew install mariadb
  - Debian, Ubuntu: sudo apt-get install mariadb-server-core   or, on Ubuntu: mysql-server-core-8.0
  - Fedora, RHEL:   sudo dnf install mariadb-server
  - a running Docker engine`;

const database = "gateway";
const collation = "utf8mb4_unicode_520_ci";

/** Starts MySQL or MariaDB with production's settings and an empty database `gateway`. */
export async function startDatabase(options: StartOptions): Promise<LocalServer> {
  const found = await findDatabase(options);
  const plan = "command" in found ? await ownPlan(found, options) : await dockerPlan(found.lacks, options);
  return startServer(
    {
      name: "database",
      ...plan,
      async probe(port) {
        const connection = await createConnection({ uri: plan.url(port), connectTimeout: 1000 });
        await connection.end();
      },
      isFinal: (error) => error instanceof Error && "code" in error && String(error.code).startsWith("ER_"),
    },
    options,
  );
}

type DatabasePlan = Pick<ServerPlan, "source" | "url" | "launch">;

async function ownPlan(program: DatabaseProgram, options: StartOptions): Promise<DatabasePlan> {
  const data = path.join(options.dir, `${program.kind.toLowerCase()}-data`); // MySQL and MariaDB cannot read each other's files
  await ensureDataDirectory(program, data, options);
  const account = writeAccount(options.dir);
  const temporary = path.join(options.dir, "database-temporary");
  mkdirSync(temporary, { recursive: true });
  const args = [
    ...baseOptions(program),
    `--datadir=${data}`,
    `--tmpdir=${temporary}`, // not shared: a starting server deletes every temporary table in it
    "--bind-address=127.0.0.1",
    "--socket=s.sock", // relative to the data directory: a socket path has at most 107 bytes
    `--pid-file=${path.join(data, "server.pid")}`,
    `--init-file=${account}`,
    "--skip-name-resolve",
    "--innodb-buffer-pool-size=64M",
    ...(options.durable ? [] : relaxed),
    ...asInProduction,
    ...particular[program.kind],
  ];
  return {
    source: `${program.kind} ${program.version} at ${program.command}`,
    url: (port) => `mysql://gateway:local@127.0.0.1:${port}/${database}`,
    launch: (port) => ({
      command: program.command,
      args: [...args, `--port=${port}`],
      env: program.env,
      marker: `--datadir=${data}`,
    }),
  };
}

async function dockerPlan(lacks: string, options: StartOptions): Promise<DatabasePlan> {
  if (!dockerAnswers()) throw new Error(`${waysOut}${lacks}`);
  const image = { name: "mysql:8.4", dataFolder: "/var/lib/mysql" };
  const container = await prepareContainer("database", image, options);
  const environment = { MYSQL_ROOT_PASSWORD: "local", MYSQL_DATABASE: database };
  const args = ["--disable-log-bin", "--mysqlx=OFF", ...asInProduction];
  return {
    source: `docker ${image.name}`,
    url: (port) => `mysql://root:local@127.0.0.1:${port}/${database}`,
    launch: (port) => containerLaunch(container, port, image, [...args, `--port=${port}`], environment),
  };
}

/** MySQL creates only root@localhost, which does not match a TCP connection when host names are not resolved. */
function writeAccount(dir: string): string {
  const file = path.join(dir, "account.sql");
  const sql = [
    "create user if not exists 'gateway'@'%' identified by 'local';",
    "grant all privileges on *.* to 'gateway'@'%' with grant option;",
    `create database if not exists ${database} character set utf8mb4 collate ${collation};`,
  ];
  writeFileSync(file, `${sql.join("\n")}\n`);
  return file;
}

/** Aurora's settings in production, as far as they change behaviour. */
const asInProduction = [
  "--transaction-isolation=READ-COMMITTED",
  "--innodb-lock-wait-timeout=3", // seconds
  "--innodb-rollback-on-timeout=ON",
  "--wait-timeout=60", // seconds
  "--default-time-zone=+00:00",
  "--character-set-server=utf8mb4",
  `--collation-server=${collation}`,
  "--max-connections=400",
  "--sql-mode=ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION",
];

/** A commit still survives a killed process (2: written at each commit), but not a power loss. */
const relaxed = [
  "--loose-innodb-flush-log-at-trx-commit=2",
  "--loose-innodb-flush-method=nosync",
  "--loose-innodb-doublewrite=0",
];

const particular = {
  MySQL: [
    "--disable-log-bin",
    "--mysqlx=OFF",
    "--secure-file-priv=NULL", // Debian's default is a folder that does not exist here
    "--performance-schema=OFF",
    "--loose-innodb-redo-log-capacity=64M",
  ],
  MariaDB: [
    "--skip-log-bin",
    "--loose-innodb-snapshot-isolation=OFF", // on since 11.6: error 1020 where MySQL has none
    "--loose-innodb-log-file-size=32M",
    "--loose-aria-pagecache-buffer-size=8M",
    "--key-buffer-size=1M",
  ],
};
