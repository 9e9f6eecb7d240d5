import type { Context } from "aws-lambda";
import { invoked } from "../lib/http/invoked.ts";
import { log } from "../lib/log.ts";
import { forgetCalls } from "../lib/merchant/forget-calls.ts";
import { sweepDeliveries } from "../lib/notify/sweep-deliveries.ts";
import { openGateway } from "../lib/open-gateway.ts";
import { forgetEvents } from "../lib/payment/forget-events.ts";
import { sweepPayments } from "../lib/payment/sweep-payments.ts";
import { forgetFacts, matchFacts } from "../lib/payment/unmatched-facts.ts";
import { sealConfigs } from "../lib/providers/seal-configs.ts";

export const handler = (_event: unknown, context: Context): Promise<Record<string, number>> =>
  invoked(context, async () => {
    const gateway = openGateway();
    const deliveries = await sweepDeliveries(gateway);
    const payments = await sweepPayments(gateway);
    const configs = await sealConfigs(gateway);
    const facts = await matchFacts(gateway);
    const forgotten = (await forgetEvents(gateway)) + (await forgetFacts(gateway));
    const calls = await forgetCalls(gateway);
    log.info("swept", { count: deliveries + payments + configs + facts + forgotten + calls });
    return { deliveries, payments, configs, facts, forgotten, calls };
  });
