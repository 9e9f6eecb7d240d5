// Real MySQL on Debian, for `npm run test:mysql`: takes mysql-server-core from Debian's unstable release together with
// its own C library, unpacks both under .local/cache and writes a wrapper that starts it through that library's loader.
// Nothing is installed and root is not needed. Standard output is the wrapper's path and nothing else.
import { chmodSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { cacheFolder } from "./services/local-folder.ts";
import { run } from "./services/run.ts";
import { dependencies } from "./services/unpack-packages.ts";

const folder = path.join(cacheFolder, "mysql-sid");
const work = `${folder}.tmp-${process.pid}`;

/** Only the packages' own installation scripts need Perl. */
const unneeded = /^(lib)?perl|^libgdbm|^libdb5/;

/** Makes apt see an empty machine, so that it lists every dependency, the C library included. */
async function writeAptSettings(): Promise<string> {
  for (const dir of ["state/lists/partial", "cache/archives/partial", "debs", "files"]) {
    mkdirSync(path.join(work, dir), { recursive: true });
  }
  const targets = await run("apt-get", ["indextargets", "--format", "$(REPO_URI)"]);
  const mirror = targets.split("\n").find((uri) => /\/debian\/?$/.test(uri));
  if (!mirror)
    throw new Error("no Debian mirror found: configure one in apt's sources and run `apt-get update`");
  const keyring = "/usr/share/keyrings/debian-archive-keyring.gpg";
  writeFileSync(path.join(work, "status"), "");
  writeFileSync(path.join(work, "sources.list"), `deb [signed-by=${keyring}] ${mirror} sid main\n`);
  const settings = {
    "Dir::State": `${work}/state`,
    "Dir::State::status": `${work}/status`,
    "Dir::Cache": `${work}/cache`,
    "Dir::Etc::sourcelist": `${work}/sources.list`,
    "Dir::Etc::sourceparts": "/nonexistent",
    "Dir::Etc::preferencesparts": "/nonexistent",
    "APT::Sandbox::User": "",
    "Debug::NoLocking": "1",
    "Acquire::Languages": "none",
  };
  const file = path.join(work, "apt.conf");
  const lines = Object.entries(settings).map(([name, value]) => `${name} "${value}";\n`);
  writeFileSync(file, lines.join(""));
  return file;
}

async function unpack(): Promise<void> {
  const env = { APT_CONFIG: await writeAptSettings() };
  await run("apt-get", ["-q", "update"], { env });
  const names = (await dependencies(["mysql-server-core"], [], { env })).filter(
    (name) => !unneeded.test(name),
  );
  const debs = path.join(work, "debs");
  await run("apt-get", ["-q", "download", ...names], { env, cwd: debs });
  for (const deb of readdirSync(debs))
    await run("dpkg-deb", ["-x", path.join(debs, deb), path.join(work, "files")]);
  for (const dir of [
    "state",
    "cache",
    "debs",
    "files/usr/share/gdb",
    "files/usr/share/doc",
    "files/usr/share/man",
  ]) {
    rmSync(path.join(work, dir), { recursive: true, force: true });
  }
}

function writeWrapper(): void {
  const arm = process.arch === "arm64";
  const libraries = `${folder}/files/usr/lib/${arm ? "aarch64" : "x86_64"}-linux-gnu`;
  const loader = `${libraries}/${arm ? "ld-linux-aarch64.so.1" : "ld-linux-x86-64.so.2"}`;
  const server = `${folder}/files/usr/sbin/mysqld`;
  const wrapper = path.join(work, "mysqld");
  const command = `"${loader}" --library-path "${libraries}" --argv0 "${server}" "${server}" "$@"`;
  writeFileSync(wrapper, `#!/bin/sh\nexec ${command}\n`);
  chmodSync(wrapper, 0o755);
}

if (!existsSync(folder)) {
  try {
    rmSync(work, { recursive: true, force: true });
    await unpack();
    writeWrapper();
    if (!existsSync(folder)) renameSync(work, folder);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
console.log(path.join(folder, "mysqld"));
