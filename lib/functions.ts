import { apiCall } from "./http/api-call-line.ts";
import type { Contract } from "./http/contract.ts";
import { createPaymentContract } from "./http/create-payment-contract.ts";
import {
  capabilitiesContract,
  listPaymentsContract,
  resendNotificationContract,
} from "./http/list-contracts.ts";
import {
  closePaymentContract,
  findPaymentContract,
  paymentTimelineContract,
  queryPaymentContract,
} from "./http/payment-contracts.ts";
import { createRefundContract, queryRefundContract } from "./http/refund-contracts.ts";
import { routes, webhookRoute } from "./http/routes.ts";
import { providers } from "./providers/registry.ts";

/** What a function may touch; infra turns it into permissions. */
export type Grant =
  | "database"
  | "migrate-database"
  | "cache"
  | "decrypt"
  | "encrypt"
  | "send-notify"
  | "send-poll";

export type FunctionSpec = {
  /** File under functions/ without its ending. */
  entry: string;
  /** What a merchant or buyer suffers while it fails; the alarm's text. */
  impact: string;
  memoryMb: number;
  timeoutSeconds: number;
  grants: readonly Grant[];
  /** Share of the production concurrency budget; absent: one of the small ones. */
  reservedConcurrency: number;
  routes?: readonly string[];
  /** Consumes this delay queue in batches of 10. `chained`: sends to it too, which Lambda's loop guard must allow. */
  queue?: { name: "notify" | "poll"; maxConcurrency: number; chained: boolean };
  scheduleEveryMinutes?: number;
  /** Receives these functions' log lines with this message; receiving its own lines would loop for ever. */
  lines?: { of: readonly string[]; message: string };
  /** People invoke it, so it has a name that they can know: `uni-pay-<stage>-<entry>`. */
  named?: boolean;
  /** Runs once in each deployment, after the database and before every other function. */
  runsOnDeploy?: boolean;
};

const callsProviders: readonly Grant[] = ["database", "cache", "decrypt", "send-notify", "send-poll"];

/** A webhook commits its events and sends wake-ups; only a wake-up leads to a fetch or a delivery. */
const webhooks: FunctionSpec[] = Object.keys(providers).map((provider) => ({
  entry: `webhooks/${provider}`,
  impact: `payments through ${provider} are confirmed only by polls, minutes late`,
  memoryMb: 512,
  timeoutSeconds: 15,
  grants: ["database", "encrypt", "decrypt", "send-notify", "send-poll"],
  reservedConcurrency: 50,
  routes: [webhookRoute(provider)],
}));

/** The functions of the merchant API, whose calls are recorded. Their routes are those of their contracts. */
const merchantFunctions: readonly (FunctionSpec & { contracts: readonly Contract[] })[] = [
  {
    entry: "create-payment",
    impact: "merchants cannot create payments",
    memoryMb: 1024,
    timeoutSeconds: 29,
    grants: callsProviders,
    reservedConcurrency: 100,
    contracts: [createPaymentContract],
  },
  {
    entry: "query-payment",
    impact: "merchants cannot see the state of a payment",
    memoryMb: 512,
    timeoutSeconds: 29,
    grants: callsProviders,
    reservedConcurrency: 100,
    contracts: [queryPaymentContract, findPaymentContract, paymentTimelineContract],
  },
  {
    entry: "list-payments",
    impact: "merchants cannot list payments or see what they can use",
    memoryMb: 512,
    timeoutSeconds: 15,
    grants: ["database", "decrypt", "cache"],
    reservedConcurrency: 10,
    contracts: [listPaymentsContract, capabilitiesContract],
  },
  {
    entry: "resend-notification",
    impact: "merchants cannot ask for a notification again",
    memoryMb: 512,
    timeoutSeconds: 15,
    grants: ["database", "cache", "send-notify"],
    reservedConcurrency: 5,
    contracts: [resendNotificationContract],
  },
  {
    entry: "close-payment",
    impact: "merchants cannot close unpaid payments",
    memoryMb: 512,
    timeoutSeconds: 29,
    grants: callsProviders,
    reservedConcurrency: 5,
    contracts: [closePaymentContract],
  },
  {
    entry: "refund-payment",
    impact: "merchants cannot refund payments",
    memoryMb: 512,
    timeoutSeconds: 29,
    grants: callsProviders,
    reservedConcurrency: 20,
    contracts: [createRefundContract, queryRefundContract],
  },
];

/** Every route of the merchant API. */
export const merchantContracts: readonly Contract[] = merchantFunctions.flatMap(({ contracts }) => contracts);

/** Every Lambda function, with its routes, queue, schedule or log lines. The only list: build, infra and the local host read it. */
export const functions: readonly FunctionSpec[] = [
  ...merchantFunctions.map(({ contracts, ...spec }) => ({
    ...spec,
    routes: contracts.map(({ route }) => route),
  })),
  ...webhooks,
  {
    entry: "payment-return",
    impact: "buyers who have paid do not come back to the shop",
    memoryMb: 512,
    timeoutSeconds: 15,
    grants: ["database", "send-poll"],
    reservedConcurrency: 20,
    routes: [routes.paymentReturn],
  },
  {
    entry: "deliver-notifications",
    impact: "merchants are not notified of their payments",
    memoryMb: 512,
    timeoutSeconds: 30,
    grants: ["database", "cache", "decrypt", "send-notify"],
    reservedConcurrency: 30,
    queue: { name: "notify", maxConcurrency: 20, chained: true },
  },
  {
    entry: "poll",
    impact: "payments whose webhook was lost stay unconfirmed",
    memoryMb: 512,
    timeoutSeconds: 30,
    grants: callsProviders,
    reservedConcurrency: 20,
    queue: { name: "poll", maxConcurrency: 10, chained: true },
  },
  {
    entry: "sweep",
    impact: "lost wake-ups are not repaired: notifications are late, payments do not expire",
    memoryMb: 512,
    timeoutSeconds: 55,
    grants: ["database", "encrypt", "decrypt", "send-notify", "send-poll"],
    reservedConcurrency: 2,
    scheduleEveryMinutes: 1,
  },
  {
    entry: "record-api-calls",
    impact: "operators do not find what merchants' programs have sent lately",
    memoryMb: 512,
    timeoutSeconds: 30,
    grants: ["database"],
    reservedConcurrency: 10,
    lines: {
      of: merchantFunctions.map(({ entry }) => entry),
      message: apiCall,
    },
  },
  {
    entry: "ops",
    impact: "operators can neither manage merchants nor look into payments and repair them",
    memoryMb: 512,
    timeoutSeconds: 60,
    grants: ["database", "cache", "encrypt", "decrypt", "send-notify", "send-poll"],
    reservedConcurrency: 2,
    named: true,
  },
  {
    entry: "migrate",
    impact: "deployments stop at the database migration",
    memoryMb: 512,
    timeoutSeconds: 600,
    grants: ["migrate-database"],
    reservedConcurrency: 1,
    runsOnDeploy: true,
  },
  {
    entry: "openapi",
    impact: "merchants and their tools cannot read the API reference",
    memoryMb: 256,
    timeoutSeconds: 10,
    grants: [],
    reservedConcurrency: 2,
    routes: [routes.openApi],
  },
  {
    entry: "health",
    impact: "monitors cannot tell whether the gateway is up",
    memoryMb: 256,
    timeoutSeconds: 10,
    grants: ["database", "cache", "send-notify"],
    reservedConcurrency: 5,
    routes: [routes.health, routes.unmatched],
  },
];
