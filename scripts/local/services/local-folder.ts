import path from "node:path";

const folder = path.resolve(import.meta.dirname, "../../../.local");

/**
 * Folder for a local gateway's data, logs and `stack.json`; not under version control. `LOCAL_DIR` selects another
 * folder, so that two gateways can run side by side.
 */
export const localFolder = path.resolve(process.env.LOCAL_DIR || folder);

/** Unpacked servers, empty data directories and synthesized assemblies, shared by every run; safe to delete. */
export const cacheFolder = path.join(folder, "cache");
