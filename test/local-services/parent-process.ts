// Replaces `npm start` in tests that kill it: starts the services in the given folder and sends their pids.
import { startServices } from "../../scripts/local/services/start-services.ts";

const services = await startServices({ dir: process.argv[2] ?? "", durable: true, quiet: true });
process.send?.(services.pids);
