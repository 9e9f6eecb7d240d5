import path from "node:path";

/** Everything the local services leave on disk. Not under version control; `cache` in it is safe to delete. */
export const localFolder = path.resolve(import.meta.dirname, "../../../.local");

/** Unpacked servers and empty data directories, shared by every run. */
export const cacheFolder = path.join(localFolder, "cache");
