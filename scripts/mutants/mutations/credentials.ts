import { drop, dropLink, dropOperand, never, replace, words } from "../changes.ts";
import type { Mutation } from "../mutant.ts";

const vault = { tests: ["test/vault/vault.test.ts"] };
const rewrap = "test/stories/rewrap.test.ts";
const sealedRows = "test/stories/sealed-rows.test.ts";

/** Sealed texts: the vault, its keys, and the rows that hold them. */
export const credentialMutations: Mutation[] = [
  {
    name: "Vault: a text moved to another owner or field opens",
    at: "vault-context",
    change: replace('"1\\n" + $1'),
    ...vault,
  },
  {
    name: "Vault: a changed text opens",
    at: "vault-authentication-tag",
    change: drop,
    ...vault,
  },
  {
    name: "Vault: a short tag, which can be guessed, is taken",
    at: "vault-tag-length",
    change: drop,
    ...vault,
  },
  {
    name: "Vault: what stands for the same bytes as a sealed text opens",
    at: "vault-canonical-base64",
    change: never,
    ...vault,
  },
  {
    name: "A text that any key of the key service has wrapped opens",
    at: "kms-key-id",
    change: drop,
    tests: [rewrap],
  },
  {
    name: "A text that an older key has wrapped does not open",
    at: "kms-older-key",
    change: replace("null"),
    tests: [rewrap],
  },
  {
    name: "A config that does not open is not read anew: it may be sealed under another key by now",
    at: "config-read-anew",
    change: replace("Date.now() < 0 ? $0 : null"),
    tests: [rewrap],
  },
  {
    name: "A config that is another merchant's by now is used as it is read anew",
    at: "config-anew-owner",
    change: dropOperand,
    tests: [sealedRows],
  },
  {
    name: "A config that is open serves whoever its row is given to",
    at: "config-open-owner",
    change: replace("[$1, $4]"),
    tests: [sealedRows],
  },
  {
    name: "Other credentials are stored over newer ones",
    at: "config-update-version",
    change: dropLink,
    tests: ["test/storage/merchant-rows.test.ts"],
  },
  {
    name: "Plain JSON is sealed though it is none",
    at: "config-plain-json",
    change: dropLink,
    tests: [sealedRows],
  },
  {
    name: "Signing secrets are stored over those that somebody has rolled meanwhile",
    at: "merchant-secrets-before",
    change: dropLink,
    tests: [rewrap],
  },
  {
    name: "A config that was sealed anew meanwhile is sealed over what it was",
    at: "config-reseal-data",
    change: dropLink,
    tests: ["test/storage/merchant-rows.test.ts"],
  },
  {
    name: "A plain config in which a letter's case was corrected is sealed as it was",
    at: "config-data-collation",
    change: words(5),
    tests: [sealedRows],
  },
];
