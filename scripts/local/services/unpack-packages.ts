import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import path from "node:path";
import { findExecutable } from "./find-executable.ts";
import type { StartOptions } from "./launch.ts";
import { cacheFolder } from "./local-folder.ts";
import type { ServerName } from "./local-server.ts";
import { type RunOptions, run } from "./run.ts";

/** Debian and Ubuntu packages that hold each server, in order of preference: Debian's stable releases have no MySQL. */
const packages: Record<ServerName, string[]> = {
  database: ["mysql-server-core-8.4", "mysql-server-core-8.0", "mariadb-server-core"],
  // redis-check-rdb in it is the server itself; redis-server adds a link and a system service only
  redis: ["redis-tools"],
};

type Progress = Pick<StartOptions, "note" | "signal">;

const attempts = new Map<ServerName, Promise<string>>();

export function canUnpack(): boolean {
  return process.platform === "linux" && !!findExecutable(["apt-get"]) && !!findExecutable(["dpkg-deb"]);
}

/**
 * Fetches the packages of these servers through apt, which checks their signatures, and unpacks them into a folder of
 * the project: no root, nothing installed, no service started, no lock of the system's package manager taken.
 * Returns that folder. Fetches everything in one round trip; the result is memoized for this process.
 */
export function unpackPackages(names: ServerName[], progress: Progress = {}): Promise<string> {
  const existing = names.length === 1 && names[0] ? attempts.get(names[0]) : undefined;
  if (existing) return existing;
  const attempt = Promise.resolve(findUnpacked(names) ?? fetchAndUnpack(names, progress));
  for (const name of names) attempts.set(name, attempt);
  return attempt;
}

/** LD_LIBRARY_PATH for an unpacked folder, which holds only the libraries that the system did not have. */
export function libraryPath(root: string): string {
  const triplet = process.arch === "arm64" ? "aarch64-linux-gnu" : "x86_64-linux-gnu";
  return ["usr/lib", "lib"]
    .map((folder) => path.join(root, folder, triplet))
    .filter(existsSync)
    .join(":");
}

/** Libraries come from the system where it has them, so what was unpacked fits one release only. */
function folderPrefix(): string {
  const release = readFileSync("/etc/os-release", "utf8");
  const [id, version] = ["ID", "VERSION_ID"].map(
    (key) => new RegExp(`^${key}="?([\\w.]+)`, "m").exec(release)?.[1],
  );
  return `${id}${version ?? ""}-${process.arch}-`;
}

/** Unpacking ends with the rename that creates the folder, so a folder that exists is complete. */
function findUnpacked(names: ServerName[]): string | undefined {
  if (!existsSync(cacheFolder)) return undefined;
  const prefix = folderPrefix();
  const holds = (folder: string) => folder.startsWith(prefix) && !folder.includes(".tmp-");
  const found = readdirSync(cacheFolder).find(
    (folder) => holds(folder) && names.every((name) => folder.slice(prefix.length).split("+").includes(name)),
  );
  return found && path.join(cacheFolder, found);
}

async function fetchAndUnpack(names: ServerName[], progress: Progress): Promise<string> {
  const target = path.join(cacheFolder, `${folderPrefix()}${names.toSorted().join("+")}`);
  const work = `${target}.tmp-${process.pid}`;
  const root = path.join(work, "root");
  try {
    rmSync(work, { recursive: true, force: true });
    mkdirSync(root, { recursive: true });
    const debs = await fetchPackages(names, work, progress);
    for (const deb of debs) await run("dpkg-deb", ["-x", deb, root], { signal: progress.signal });
    if (!findUnpacked(names)) renameSync(root, target);
    return findUnpacked(names) ?? target;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

async function fetchPackages(names: ServerName[], work: string, progress: Progress): Promise<string[]> {
  // A private cache: the system's is not writable for every user, and `--print-uris` leaves out what is already in it.
  const settings = [
    `Dir::Cache=${work}/cache`,
    "APT::Sandbox::User=",
    "Debug::NoLocking=1",
    "Acquire::Languages=none",
  ];
  const options = (extra: string[] = []) => [...settings, ...extra].flatMap((setting) => ["-o", setting]);
  mkdirSync(path.join(work, "cache/archives/partial"), { recursive: true });
  mkdirSync(path.join(work, "lists/partial"), { recursive: true });
  try {
    return await download(names, work, options(), progress);
  } catch (error) {
    progress.signal?.throwIfAborted();
    const why = String(error).split("\n")[0];
    progress.note?.(`apt: the package lists are missing or old, fetching a private copy (${why})`);
    const apt = options([`Dir::State::lists=${work}/lists`]);
    await run("apt-get", [...apt, "-q", "update"], { signal: progress.signal });
    return await download(names, work, apt, progress);
  }
}

async function download(
  names: ServerName[],
  work: string,
  apt: string[],
  progress: Progress,
): Promise<string[]> {
  const debs = path.join(work, "debs");
  rmSync(debs, { recursive: true, force: true });
  mkdirSync(debs);
  const options = { signal: progress.signal };
  const chosen = await Promise.all(names.map((name) => candidate(packages[name], apt, options)));
  progress.note?.(`apt: fetching ${chosen.join(" ")}, to be unpacked under .local/cache`);
  const closure = await dependencies(chosen, apt, options);
  await run("apt-get", [...apt, "-q", "download", ...new Set([...closure, ...chosen])], {
    ...options,
    cwd: debs,
  });
  return readdirSync(debs).map((file) => path.join(debs, file));
}

/** The first of `names` that this release offers. */
async function candidate(names: string[], apt: string[], options: RunOptions): Promise<string> {
  const policy = await run("apt-cache", [...apt, "policy", ...names], { ...options, env: { LC_ALL: "C" } });
  const offered = new Set(
    [...policy.matchAll(/^(\S+):\n(?: {2}.*\n)*? {2}Candidate: (?!\(none\))/gm)].map((match) => match[1]),
  );
  const found = names.find((name) => offered.has(name));
  if (!found) throw new Error(`apt offers none of ${names.join(", ")}`);
  return found;
}

/** Names of the packages that installing `names` would fetch. */
export async function dependencies(
  names: string[],
  apt: string[],
  options: RunOptions = {},
): Promise<string[]> {
  const plan = ["install", "--print-uris", "-y", "--no-install-recommends", ...names];
  const uris = await run("apt-get", [...apt, ...plan], options);
  return [...uris.matchAll(/^'[^']+' ([^\s_]+)_/gm)]
    .map(([, name]) => name)
    .filter((name) => name !== undefined);
}
