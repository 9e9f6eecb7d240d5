import type { Context } from "aws-lambda";
import { sweepDeliveries } from "../lib/deliveries/sweep-deliveries.ts";
import { invoked } from "../lib/http/invoked.ts";
import { log } from "../lib/log.ts";
import { encryptConfigs } from "../lib/merchants/encrypt-configs.ts";
import { purgeCalls } from "../lib/merchants/purge-calls.ts";
import { openGateway } from "../lib/open-gateway.ts";
import { purgeEvents } from "../lib/payments/purge-events.ts";
import { sweepPayments } from "../lib/payments/sweep-payments.ts";
import { matchFacts, purgeFacts } from "../lib/payments/unmatched-facts.ts";

export const handler = (_event: unknown, context: Context): Promise<Record<string, number>> =>
  invoked(context, async () => {
    const gateway = openGateway();
    const deliveries = await sweepDeliveries(gateway);
    const payments = await sweepPayments(gateway);
    const configs = await encryptConfigs(gateway);
    const facts = await matchFacts(gateway);
    const deleted = (await purgeEvents(gateway)) + (await purgeFacts(gateway));
    const calls = await purgeCalls(gateway);
    log.info("swept", { count: deliveries + payments + configs + facts + deleted + calls });
    return { deliveries, payments, configs, facts, deleted, calls };
  });
