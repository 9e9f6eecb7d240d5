import type { Mutant } from "../mutant.ts";

/** Whose config a webhook is heard with, and what a stranger learns of it. */
export const webhookGuards: Mutant[] = [
  {
    name: "A signature counts in every form that can be decoded",
    file: "lib/providers/signature-fits.ts",
    tests: ["test/providers/alipay/signature.test.ts"],
    from: 'bytes.toString("base64") === signature && ',
    to: "",
  },
  {
    name: "An order's config is another merchant's",
    file: "lib/providers/configs.ts",
    from: `return config.userId === userId && `,
    to: "return ",
    tests: ["test/stories/tenancy.test.ts"],
  },
  {
    name: "A webhook is heard with another provider's config",
    file: "lib/providers/configs.ts",
    from: "if (stored?.provider !== provider)",
    to: "if (stored === null)",
    tests: ["test/stories/webhook-refused.test.ts"],
  },
  {
    name: "A config that there is not is looked for less often than one that there is",
    file: "lib/providers/configs.ts",
    from: "if (!isRefusal(error) && !isUnusable(error)) throw error;",
    to: "if (stored === null || (!isRefusal(error) && !isUnusable(error))) throw error;",
    tests: ["test/stories/indistinguishable.test.ts"],
  },
  {
    name: "Alipay: a stranger learns that there is a config by a form that cannot be read",
    file: "lib/providers/alipay/signature.ts",
    from: `"notification_refused", "a field appears twice"`,
    to: `"notification_malformed", "a field appears twice"`,
    tests: ["test/stories/indistinguishable.test.ts"],
  },
  {
    name: "Every forged webhook reads the config anew",
    file: "lib/providers/configs.ts",
    from: "await single.renewed(configId, reloadMs, () => rows.byId(configId))",
    to: "await single.renewed(configId, 0, () => rows.byId(configId))",
    tests: ["test/stories/onboarding.test.ts"],
  },
  {
    name: "A webhook that nobody signed makes us ask the provider whose account it is",
    file: "lib/providers/configs.ts",
    from: `if (accounts.mustAsk(stored)) await (await opened(stored)).adapter.hear(call, "");`,
    to: "",
    tests: ["test/stories/webhook-refused.test.ts"],
  },
  {
    name: "A stranger learns whether a config exists",
    file: "lib/payment/hear-webhook.ts",
    from: "throw strangersView(error);",
    to: "throw error;",
    tests: ["test/stories/webhook-refused.test.ts"],
  },
  {
    name: "A config id that only begins with a number is read as that number",
    file: "lib/payment/hear-webhook.ts",
    from: "if (!decimalId.test(configId))",
    to: "if (!configId)",
    tests: ["test/stories/webhook-refused.test.ts"],
  },
];
