import type { Mutant } from "../mutant.ts";

const settle = "lib/storage/settle.ts";
const orders = "lib/storage/orders.ts";
const configs = "lib/providers/configs.ts";
const known = "lib/providers/known-account.ts";
const rows = "lib/storage/payment-configs.ts";
const set = "lib/ops/set-config.ts";
const moves = "test/payment/move-guards.test.ts";
const generations = "test/stories/config-generations.test.ts";
const siblings = "test/stories/config-siblings.test.ts";
const states = "test/stories/config-states.test.ts";
const kept = "test/stories/config-set.test.ts";
const stored = "test/storage/merchant-rows.test.ts";

/** An order belongs to an account: whose word is believed of it, and which credentials ask about it. */
export const accountGuards: Mutant[] = [
  {
    name: "T3: the word of another account's key settles",
    file: settle,
    from: ".where(ofAccount(scope))",
    to: "",
    tests: [moves],
  },
  {
    name: "T3: the word of another provider settles",
    file: settle,
    from: `.where("provider", "=", scope.provider)`,
    to: "",
    tests: [moves],
  },
  {
    name: "T3: an object that the order did not make settles it",
    file: settle,
    from: ".where(madeIt(paid.objectId))",
    to: "",
    tests: [moves],
  },
  {
    name: "T4: the word of another account ends a payment",
    file: orders,
    from: `.where("status", "in", statusesBefore(to))
      .where(ofAccount(said))`,
    to: `.where("status", "in", statusesBefore(to))`,
    tests: [moves],
  },
  {
    name: "T4: an object that the order did not make ends it",
    file: orders,
    from: `.where("status", "in", statusesBefore(to))
      .where(ofAccount(said))
      .where(madeIt(said.objectId))`,
    to: `.where("status", "in", statusesBefore(to))
      .where(ofAccount(said))`,
    tests: [moves],
  },
  {
    name: "Another account starts a payment",
    file: orders,
    from: `.where("provider_started", "=", 0)
      .where(ofAccount(said))`,
    to: `.where("provider_started", "=", 0)`,
    tests: [moves],
  },
  {
    name: "An object that the order did not make starts it",
    file: orders,
    from: `.where("provider_started", "=", 0)
      .where(ofAccount(said))
      .where(madeIt(said.objectId))`,
    to: `.where("provider_started", "=", 0)
      .where(ofAccount(said))`,
    tests: [moves],
  },
  {
    name: "Another mode of an account is the same account",
    file: "lib/storage/payment-rows.ts",
    from: `AND livemode = \${livemode ? 1 : 0})`,
    to: `)`,
    tests: [moves],
  },
  {
    name: "T9: another account's key takes the money",
    file: "lib/storage/captures.ts",
    from: ".where(ofAccount(account))",
    to: "",
    tests: ["test/payment/capture-guards.test.ts"],
  },
  {
    name: "What another account of the merchant says of an order is applied to it",
    file: "lib/payment/hear-webhook.ts",
    from: `payment.providerAccount !== source.account && "account",`,
    to: "",
    tests: [siblings],
  },
  {
    name: "An event of an object that the order did not make raises no anomaly",
    file: "lib/payment/hear-webhook.ts",
    from: `"objectId" in seen && isOther(payment, seen.objectId) && "payment_id",`,
    to: "",
    tests: [siblings],
  },
  {
    name: "An event about another merchant's order at the same account is recorded",
    file: "lib/payment/hear-webhook.ts",
    from: `  if (!sendsOnlyOurs.has(source.provider)) {
    log.info`,
    to: `  if (!sendsOnlyOurs.has(source.provider)) {
    if (source.event) await gateway.events.record(source.event, null);
    log.info`,
    tests: [siblings],
  },
  {
    name: "Plain JSON of another account that was written over a config is used",
    file: known,
    from: "if (!isSealed(config) && !(await compared(key, () => isItsOwn(config, adapter)))) {",
    to: "if (!isSealed(config) && key === account) {",
    tests: [states],
  },
  {
    name: "Plain JSON of another account that was written over a config is sealed",
    file: configs,
    from: "return await accounts.isItsOwn(config, stateOf(config), adapter);",
    to: "return adapter.livemode || (await accounts.isItsOwn(config, stateOf(config), adapter)) || true;",
    tests: [states],
  },
  {
    name: "An order is asked about with the credentials of another account",
    file: configs,
    from: "        if (isAccountOf(payment, config)) return config;\n      }\n      const { userId",
    to: "        return config;\n      }\n      const { userId",
    tests: [siblings],
  },
  {
    name: "A config row takes another account",
    file: rows,
    from: `.where((eb) => eb.or([eb("account", "is", null), eb("account", "=", account?.account ?? null)]))`,
    to: "",
    tests: [stored],
  },
  {
    name: "A config takes its name from one that has changed meanwhile",
    file: rows,
    from: "if (replaced.numUpdatedRows !== 1n) throw new ChangedMeanwhile();",
    to: "",
    tests: [stored],
  },
  {
    name: "Other credentials are stored over newer ones",
    file: rows,
    from: "if (saved.numUpdatedRows !== 1n) throw new ChangedMeanwhile();",
    to: "",
    tests: [stored],
  },
  {
    name: "The account of credentials that were changed meanwhile is kept with the new ones",
    file: rows,
    from: `.where("config_data", "=", config.data)
        .where((eb) => eb.or([eb("account"`,
    to: `.where((eb) => eb.or([eb("account"`,
    tests: [stored],
  },
  {
    name: "A replaced config is enabled",
    file: rows,
    from: `.where("id", "=", id)
        .where("status", "in", [states.active, states.disabled])`,
    to: `.where("id", "=", id)`,
    tests: [states],
  },
  {
    name: "An account that comes back gets another row",
    file: set,
    from: `if (former) return { did: "restored", row: former, replaces: live };`,
    to: "",
    tests: [generations],
  },
  {
    name: "Credentials whose account nobody tells go to the account that has the name",
    file: set,
    from: "if (live && account === null) {",
    to: `if (live && account === null && provider === "") {`,
    tests: [kept],
  },
  {
    name: "An active config is retired",
    file: "lib/storage/retire-config.ts",
    from: `.where("status", "in", [0, 2])`,
    to: `.where("status", "in", [0, 1, 2])`,
    tests: [stored],
  },
  {
    name: "A config is retired while orders, refunds or young payments need it",
    file: "lib/ops/retire-config.ts",
    from: "refuseNeeded(id, needed);",
    to: "",
    tests: [states],
  },
  {
    name: "Payments of a silent account are asked about for ever",
    file: "lib/payment/recheck.ts",
    from: "if (!isFinal(after.status) && hasBeenSilent(after, now)) return giveUp(gateway, after, next);",
    to: "",
    tests: [states],
  },
  {
    name: "Payments that were given up stay so when there are other credentials",
    file: set,
    from: "if (account) await gateway.orders.pollAgain(userId, provider, account, now);",
    to: "",
    tests: [states],
  },
  {
    name: "Stripe: the secret of a replaced endpoint is accepted for ever",
    file: "lib/providers/kept-fields.ts",
    from: ".filter(({ until }) => new Date(until) > now)",
    to: "",
    tests: [kept],
  },
  {
    name: "Stripe: a connected account's session ends our order",
    file: "lib/providers/stripe/event.ts",
    from: `if (!connected || said.some(({ kind }) => kind === "paid")) return said;`,
    to: "if (said.length > 0) return said;",
    tests: [siblings],
  },
];
