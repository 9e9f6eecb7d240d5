/** A host in a process of its own, for tests that kill it. Prints its processes as JSON once they are up. */
import { startSynthesized } from "./synthesized.ts";

const [synthesized, ...entries] = process.argv.slice(2);
const host = await startSynthesized(JSON.parse(String(synthesized)));
await Promise.all(entries.map((entry) => host.invoke(entry, {})));
console.log(JSON.stringify({ folder: host.folder, processes: host.processes() }));
