import type { Context } from "aws-lambda";
import { withInvocation } from "../lib/invocation.ts";
import { log } from "../lib/log.ts";
import { sweepDeliveries } from "../lib/notify/sweep-deliveries.ts";
import { openGateway } from "../lib/open-gateway.ts";
import { forgetEvents } from "../lib/payment/forget-events.ts";
import { sweepPayments } from "../lib/payment/sweep-payments.ts";
import { sealConfigs } from "../lib/providers/seal-configs.ts";

export const handler = (_event: unknown, context: Context): Promise<Record<string, number>> =>
  withInvocation(
    { requestId: context.awsRequestId, remainingMs: () => context.getRemainingTimeInMillis() },
    async () => {
      const gateway = openGateway();
      const deliveries = await sweepDeliveries(gateway);
      const payments = await sweepPayments(gateway);
      const configs = await sealConfigs(gateway);
      const forgotten = await forgetEvents(gateway);
      log.info("swept", { count: deliveries + payments + configs + forgotten });
      return { deliveries, payments, configs, forgotten };
    },
  );
