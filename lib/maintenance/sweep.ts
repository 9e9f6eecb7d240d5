import { sweepDeliveries } from "../deliveries/sweep-deliveries.ts";
import type { Gateway } from "../gateway.ts";
import { log, nameOf } from "../log.ts";
import { sweepPayments } from "../payments/sweep-payments.ts";
import { matchFacts } from "../payments/unmatched-facts.ts";
import { encryptConfigs } from "./encrypt-configs.ts";
import { purge } from "./retention.ts";

/** What runs once a minute, the most urgent first; each returns how many rows it has handled. */
const jobs = {
  deliveries: sweepDeliveries,
  payments: sweepPayments,
  configs: encryptConfigs,
  facts: matchFacts,
  deleted: (gateway) => purge(gateway, "webhook_events"),
  deletedFacts: (gateway) => purge(gateway, "unmatched_facts"),
  calls: (gateway) => purge(gateway, "api_calls"),
} satisfies Record<string, (gateway: Gateway) => Promise<number>>;

/** Runs every job, even after one has failed; then throws the first failure, so that the invocation alarms. */
export async function sweep(gateway: Gateway): Promise<Partial<Record<keyof typeof jobs, number>>> {
  const done: Record<string, number> = {};
  const failed: unknown[] = [];
  for (const [name, job] of Object.entries(jobs)) {
    try {
      done[name] = await job(gateway);
    } catch (error) {
      log.warn("a job of the sweep failed", { kind: name, ...nameOf(error) });
      failed.push(error);
    }
  }
  // mutation: sweep-failure-thrown
  if (failed.length > 0) throw failed[0];
  log.info("swept", { count: Object.values(done).reduce((sum, count) => sum + count, 0) });
  return done;
}
