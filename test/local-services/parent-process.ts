// Stands for `npm start` in tests that kill it: starts the services in the folder it is given and tells their pids.
import { startServices } from "../../scripts/local/services/start-services.ts";

const services = await startServices({ dir: process.argv[2] ?? "", durable: true, quiet: true });
process.send?.(services.pids);
