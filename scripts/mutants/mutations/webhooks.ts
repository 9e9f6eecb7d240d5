import { drop, dropOperand, replace } from "../changes.ts";
import type { Mutation } from "../mutant.ts";

/** Whose config a webhook is heard with, and what a stranger learns of it. */
export const webhookMutations: Mutation[] = [
  {
    name: "A signature counts in every form that can be decoded",
    at: "signature-canonical",
    change: dropOperand,
    tests: ["test/providers/alipay/signature.test.ts"],
  },
  {
    name: "An order's config is another merchant's",
    at: "order-config-owner",
    change: dropOperand,
    tests: ["test/stories/tenancy.test.ts"],
  },
  {
    name: "A webhook is heard with another provider's config",
    at: "webhook-config-provider",
    change: replace("$1 === undefined"),
    tests: ["test/stories/webhook-refused.test.ts"],
  },
  {
    name: "A config that there is not is looked for less often than one that there is",
    at: "webhook-config-absent",
    change: replace('"notification_malformed"'),
    tests: ["test/stories/indistinguishable.test.ts"],
  },
  {
    name: "Alipay: a stranger learns that there is a config by a form that cannot be read",
    at: "alipay-refusal-kind",
    change: replace('"notification_malformed"'),
    tests: ["test/stories/indistinguishable.test.ts"],
  },
  {
    name: "Every forged webhook reads the config anew",
    at: "webhook-config-reload-gap",
    change: replace("0"),
    tests: ["test/stories/onboarding.test.ts"],
  },
  {
    name: "A webhook that nobody signed makes us ask the provider whose account it is",
    at: "webhook-account-signed",
    change: drop,
    tests: ["test/stories/webhook-refused.test.ts"],
  },
  {
    name: "A stranger learns whether a config exists",
    at: "webhook-strangers-view",
    change: replace("$1"),
    tests: ["test/stories/webhook-refused.test.ts"],
  },
  {
    name: "A config id that only begins with a number is read as that number",
    at: "webhook-config-id",
    change: replace("$1"),
    tests: ["test/stories/webhook-refused.test.ts"],
  },
];
