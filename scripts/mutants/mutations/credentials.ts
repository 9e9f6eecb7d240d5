import { drop, dropLink, dropOperand, never, replace, words } from "../changes.ts";
import type { Mutation } from "../mutant.ts";

const vault = { tests: ["test/unit/vault/vault.test.ts"] };
const reencrypt = "test/ops/reencrypt.test.ts";
const encryptedRows = "test/ops/encrypted-rows.test.ts";

/** Encrypted data: the vault, its keys, and the rows that hold ciphertexts. */
export const credentialMutations: Mutation[] = [
  {
    name: "Vault: a ciphertext copied to another owner or field can be decrypted",
    at: "vault-context",
    change: replace('"1\\n" + $1'),
    ...vault,
  },
  {
    name: "Vault: a modified ciphertext can be decrypted",
    at: "vault-authentication-tag",
    change: drop,
    ...vault,
  },
  {
    name: "Vault: a short authentication tag, which can be guessed, is accepted",
    at: "vault-tag-length",
    change: drop,
    ...vault,
  },
  {
    name: "Vault: a non-canonical base64 spelling of a ciphertext can be decrypted",
    at: "vault-canonical-base64",
    change: never,
    ...vault,
  },
  {
    name: "A data key wrapped by any key of the key service can be unwrapped",
    at: "kms-key-id",
    change: drop,
    tests: [reencrypt],
  },
  {
    name: "A data key wrapped by an older key of the deployment cannot be unwrapped",
    at: "kms-older-key",
    change: replace("null"),
    tests: [reencrypt],
  },
  {
    name: "A config that cannot be decrypted is not read again, although it may have been re-encrypted",
    at: "config-read-anew",
    change: replace("Date.now() < 0 ? $0 : null"),
    tests: [reencrypt],
  },
  {
    name: "A config read again is used although its row belongs to another merchant by now",
    at: "config-anew-owner",
    change: dropOperand,
    tests: [encryptedRows],
  },
  {
    name: "A cached adapter is reused although its config row was given to another merchant",
    at: "config-open-owner",
    change: replace("[$1, $4]"),
    tests: [encryptedRows],
  },
  {
    name: "New credentials overwrite newer ones that were set concurrently",
    at: "config-update-version",
    change: dropLink,
    tests: ["test/storage/merchant-rows.test.ts"],
  },
  {
    name: "A config that is not plain JSON is encrypted as if it were",
    at: "config-plain-json",
    change: dropLink,
    tests: [encryptedRows],
  },
  {
    name: "Re-encryption overwrites signing secrets that were rolled concurrently",
    at: "merchant-secrets-before",
    change: dropLink,
    tests: [reencrypt],
  },
  {
    name: "Re-encryption overwrites a config that was changed concurrently",
    at: "config-reseal-data",
    change: dropLink,
    tests: ["test/storage/merchant-rows.test.ts"],
  },
  {
    name: "A plain config is encrypted as it was read although the case of a letter was corrected concurrently",
    at: "config-data-collation",
    change: words(5),
    tests: [encryptedRows],
  },
];
