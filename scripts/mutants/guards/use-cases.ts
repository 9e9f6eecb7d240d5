import type { Mutant } from "../mutant.ts";

const create = "lib/payment/create-payment.ts";
const lookUp = "lib/payment/look-up.ts";
const observe = "lib/payment/observe.ts";
const recheck = "lib/payment/recheck.ts";
const anomalies = "test/stories/webhook-anomalies.test.ts";
const replay = "test/stories/create-replay.test.ts";
const capture = "test/stories/capture.test.ts";
const lookUps = "test/stories/look-up.test.ts";

/** What the use cases decide before and after the transactions. */
export const useCaseGuards: Mutant[] = [
  {
    name: "The same out_trade_no with other content is answered with the first order",
    file: create,
    from: "refuseOtherContent(first, wanted);",
    to: "",
    tests: [replay],
  },
  {
    name: "A disabled merchant creates payments",
    file: create,
    from: "if (!caller.active)",
    to: "if (!caller.userId)",
    tests: ["test/stories/tenancy.test.ts"],
  },
  {
    name: "A notify_url to which nothing can be sent is taken",
    file: create,
    from: "refuseUnsendable(gateway, wanted);",
    to: "",
    tests: ["test/stories/bad-input.test.ts"],
  },
  {
    name: "A create is repeated at the provider under another key",
    file: "lib/payment/start-payment.ts",
    from: "adapter.start(payment, attempt.prepared, attempt.idempotencyKey)",
    to: "adapter.start(payment, attempt.prepared, leased.leaseToken)",
    tests: ["test/stories/create-interrupted.test.ts"],
  },
  {
    name: "A refusal that could not be stored is told as final",
    file: "lib/payment/start-payment.ts",
    from: "if (!ended) throw outcomeUnknown(payment);",
    to: "if (!ended) throw refused(payment, started.error);",
    tests: ["test/payment/final-refusal.test.ts"],
  },
  {
    name: "A capture whose outcome is unknown is repeated with another key of ours",
    file: lookUp,
    from: "payment.captureKey ?? randomUUID()",
    to: "randomUUID()",
    tests: [capture],
  },
  {
    name: "The money is taken of a payment that has expired or is to be closed",
    file: lookUp,
    from: `if (seen.some(({ kind }) => kind === "approved") && !unwanted)`,
    to: `if (seen.some(({ kind }) => kind === "approved"))`,
    tests: [capture],
  },
  {
    name: "A payment expires whose money the provider is on the way with",
    file: lookUp,
    from: "end <= gateway.clock.now() && !payment.providerStarted;",
    to: "end <= gateway.clock.now();",
    tests: ["test/payment/look-up-guards.test.ts"],
  },
  {
    name: "A payment that has expired is made at the provider after all",
    file: lookUp,
    from: `if (!payment.providerStarted && (over || payment.closeRequested)) return false;`,
    to: "",
    tests: ["test/payment/look-up-guards.test.ts"],
  },
  {
    name: "A look-up repeats a create whose key the provider has forgotten",
    file: lookUp,
    from: "const over = startableUntil(payment, adapter) <= now;",
    to: "const over = payment.expiresAt <= now;",
    tests: ["test/stories/create-forgotten.test.ts"],
  },
  {
    name: "The same create is repeated whose key the provider has forgotten",
    file: "lib/payment/create-payment.ts",
    from: "if (startableUntil(payment, adapter) <= now) return null;",
    to: "",
    tests: ["test/stories/create-forgotten.test.ts"],
  },
  {
    name: "A merchant that queries often asks the provider each time",
    file: "lib/payment/query-payment.ts",
    from: "if (!(await gateway.orders.claimLookUp(payment, gateway.clock.now(), lookUpGapMs))) return seen;",
    to: "await gateway.orders.claimLookUp(payment, gateway.clock.now(), lookUpGapMs);",
    tests: [lookUps],
  },
  {
    name: "Two hints for one time ask the provider twice",
    file: "lib/storage/look-ups.ts",
    from: `.where("next_query_at", "=", payment.nextQueryAt)`,
    to: "",
    tests: ["test/payment/look-up-guards.test.ts"],
  },
  {
    name: "The provider is asked before the time has come",
    file: recheck,
    from: "if (wait > earlyMs) {",
    to: "if (wait > earlyMs * 1e9) {",
    tests: [lookUps],
  },
  {
    name: "A hint that is left over goes on for as long as the payment does",
    file: recheck,
    from: `due.getTime() === payment.nextQueryAt.getTime();`,
    to: `due.getTime() > 0;`,
    tests: [lookUps],
  },
  {
    name: "A payment that contradicts its order is raised for nobody",
    file: observe,
    from: `if (settled.kind === "mismatch" || settled.kind === "second-payment") {`,
    to: `if (settled.kind === "second-payment") {`,
    tests: [anomalies],
  },
  {
    name: "A second payment is raised for nobody",
    file: observe,
    from: `if (settled.kind === "mismatch" || settled.kind === "second-payment") {`,
    to: `if (settled.kind === "mismatch") {`,
    tests: [anomalies],
  },
  {
    name: "A success that comes late alarms nobody",
    file: observe,
    from: `if (settled.payment.lateSuccess) log.alarm("late success",`,
    to: `if (settled.payment.lateSuccess) log.info("late success",`,
    tests: ["test/stories/close.test.ts"],
  },
  {
    name: "A word that we do not know alarms nobody",
    file: "lib/payment/hear-webhook.ts",
    from: `log.alarm("unrecognised word of a provider", {`,
    to: `log.info("unrecognised word of a provider", {`,
    tests: [anomalies],
  },
  {
    name: "A settled payment's notification waits for the sweeper",
    file: observe,
    from: "for (const hint of [settled.notification, ...settled.more])",
    to: "for (const hint of settled.more)",
    tests: ["test/stories/webhook-order.test.ts"],
  },
  {
    name: "PayPal's word of a webhook is not followed by a question",
    file: observe,
    from: `if (source.told === "webhook") await askSoon(gateway, payment);`,
    to: `if (source.told === "webhook") break;`,
    tests: [capture, "test/stories/forged-events.test.ts"],
  },
  {
    name: "A close that the provider does not confirm is one",
    file: "lib/payment/close-payment.ts",
    from: "payment.payable === null ? [] : await closeAt(gateway, payment, config);",
    to: `[{ kind: "closed" as const, orderNo: payment.orderNo, why: "" }];`,
    tests: ["test/stories/close.test.ts"],
  },
  {
    name: "A merchant's wish to close is forgotten when it cannot be done at once",
    file: "lib/payment/close-payment.ts",
    from: "await gateway.orders.requestClose(payment, gateway.clock.now());",
    to: "",
    tests: ["test/stories/close.test.ts"],
  },
];
