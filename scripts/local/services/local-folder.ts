import path from "node:path";

const folder = path.resolve(import.meta.dirname, "../../../.local");

/**
 * What a running gateway leaves on disk: data, logs, `stack.json`. Not under version control. `LOCAL_DIR` names another
 * one, so that two gateways can run side by side.
 */
export const localFolder = path.resolve(process.env.LOCAL_DIR || folder);

/** Unpacked servers, empty data directories and synthesized assemblies, shared by every run; safe to delete. */
export const cacheFolder = path.join(folder, "cache");
