import type { Mutant } from "../mutant.ts";

const vault = { file: "lib/vault/vault.ts", tests: ["test/vault/vault.test.ts"] };
const rewrap = "test/stories/rewrap.test.ts";
const sealedRows = "test/stories/sealed-rows.test.ts";

/** Sealed texts: the vault, its keys, and the rows that hold them. */
export const credentialGuards: Mutant[] = [
  {
    name: "Vault: a text moved to another owner or field opens",
    ...vault,
    from: `return Buffer.from(\`1\\n\${key}\\n\${canonical(context)}\`);`,
    to: `return Buffer.from(\`1\\n\${key}\`);`,
  },
  {
    name: "Vault: a changed text opens",
    ...vault,
    from: "decipher.update(data), decipher.final()]",
    to: "decipher.update(data)]",
  },
  {
    name: "Vault: a short tag, which can be guessed, is taken",
    ...vault,
    from: "iv, { authTagLength: tagBytes });\n      decipher",
    to: "iv, {});\n      decipher",
  },
  {
    name: "Vault: what stands for the same bytes as a sealed text opens",
    ...vault,
    from: 'if (bytes.toString("base64") !== base64)',
    to: "if (bytes.length < 0)",
  },
  {
    name: "A text that any key of the key service has wrapped opens",
    file: "lib/vault/kms.ts",
    from: "new DecryptCommand({ KeyId, CiphertextBlob,",
    to: "new DecryptCommand({ CiphertextBlob,",
    tests: [rewrap],
  },
  {
    name: "A text that an older key has wrapped does not open",
    file: "lib/vault/kms.ts",
    from: "plain ??= await unwrapBy(keyId, wrapped, context);",
    to: "plain ??= await unwrapBy(newest, wrapped, context) && keyId ? plain : plain;",
    tests: [rewrap],
  },
  {
    name: "A config that does not open is not read anew: it may be sealed under another key by now",
    file: "lib/providers/configs.ts",
    from: "isUnusable(error) ? await single.renewed(id, reloadMs, () => rows.byId(id)) : null;",
    to: "isUnusable(error) ? asRead : null;",
    tests: [rewrap],
  },
  {
    name: "A config that is another merchant's by now is used as it is read anew",
    file: "lib/providers/configs.ts",
    from: "!isOf(asRead, fresh) || ",
    to: "",
    tests: [sealedRows],
  },
  {
    name: "A config that is open serves whoever its row is given to",
    file: "lib/providers/configs.ts",
    from: "JSON.stringify([id, userId, provider, data, account])",
    to: "JSON.stringify([id, data, account])",
    tests: [sealedRows],
  },
  {
    name: "Plain JSON is sealed though it is none",
    file: "lib/storage/payment-configs.ts",
    from: '.where(sql`JSON_VALID(config_data)`, "=", 1)',
    to: "",
    tests: [sealedRows],
  },
  {
    name: "Signing secrets are stored over those that somebody has rolled meanwhile",
    file: "lib/storage/merchants.ts",
    from: `.where(sql\`notify_secrets <=> \${before}\`, "=", 1)`,
    to: "",
    tests: [rewrap],
  },
  {
    name: "A config that was sealed anew meanwhile is sealed over what it was",
    file: "lib/storage/payment-configs.ts",
    from: `.where("config_data", "=", config.data)\n        .executeTakeFirstOrThrow();`,
    to: ".executeTakeFirstOrThrow();",
    tests: ["test/storage/merchant-rows.test.ts"],
  },
  {
    name: "A plain config in which a letter's case was corrected is sealed as it was",
    file: "lib/storage/migrations/0001-schema.ts",
    from: "config_data TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL",
    to: "config_data TEXT NOT NULL",
    tests: [sealedRows],
  },
];
