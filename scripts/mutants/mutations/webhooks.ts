import { drop, dropOperand, replace } from "../changes.ts";
import type { Mutation } from "../mutant.ts";

/** Which config verifies a webhook, and what an unauthenticated sender can learn. */
export const webhookMutations: Mutation[] = [
  {
    name: "A non-canonical base64 spelling of a signature is accepted",
    at: "signature-canonical",
    change: dropOperand,
    tests: ["test/unit/providers/alipay/signature.test.ts"],
  },
  {
    name: "An order is served with another merchant's config",
    at: "order-config-owner",
    change: dropOperand,
    tests: ["test/stories/tenancy.test.ts"],
  },
  {
    name: "A webhook is verified with another provider's config",
    at: "webhook-config-provider",
    change: replace("$1 === undefined"),
    tests: ["test/hostile/webhook-refused.test.ts"],
  },
  {
    name: "A missing config is reloaded less often than an existing one, which reveals that it is missing",
    at: "webhook-config-absent",
    change: replace('"notification_malformed"'),
    tests: ["test/hostile/indistinguishable.test.ts"],
  },
  {
    name: "Every forged webhook reads the config from the database again",
    at: "webhook-config-reload-gap",
    change: replace("0"),
    tests: ["test/stories/onboarding.test.ts"],
  },
  {
    name: "An unsigned webhook makes the gateway ask the provider for the account's identity",
    at: "webhook-account-signed",
    change: drop,
    tests: ["test/hostile/webhook-refused.test.ts"],
  },
  {
    name: "An unauthenticated sender learns whether a config exists",
    at: "webhook-outsiders-view",
    change: replace("$1"),
    tests: ["test/hostile/webhook-refused.test.ts"],
  },
  {
    name: "A config id that only begins with a number is read as that number",
    at: "webhook-config-id",
    change: replace("$1"),
    tests: ["test/hostile/webhook-refused.test.ts"],
  },
];
