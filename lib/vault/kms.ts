import {
  DecryptCommand,
  GenerateDataKeyCommand,
  IncorrectKeyException,
  KMSClient,
} from "@aws-sdk/client-kms";
import { reach } from "../failpoint.ts";
import { assertNoTransaction } from "../invocation.ts";
import { isTransient, unavailable } from "../transient.ts";
import type { KeyService } from "./vault.ts";

/** A KMS that does not respond costs a caller at most twice this; by default the SDK would wait forever. */
const limits = { connectionTimeout: 1_000, requestTimeout: 2_000, throwOnRequestTimeout: true };

/**
 * The deployment's KMS keys as the vault's key service: the first wraps new data keys, and each unwraps those that it
 * wrapped. Data keys wrapped by any other key are refused, whoever stored them here.
 */
export function kmsKeys([newest, ...older]: readonly string[]): KeyService {
  const client = new KMSClient({ maxAttempts: 2, requestHandler: limits });
  return {
    async generate(context) {
      assertNoTransaction("KMS GenerateDataKey");
      const command = new GenerateDataKeyCommand({
        KeyId: newest,
        KeySpec: "AES_256",
        EncryptionContext: context,
      });
      if (process.env.FAILPOINTS) await reach("before", "kms GenerateDataKey");
      const { Plaintext, CiphertextBlob } = await client.send(command).catch(away);
      if (process.env.FAILPOINTS) await reach("after", "kms GenerateDataKey");
      if (!Plaintext || !CiphertextBlob) throw new Error("KMS returned no data key");
      return { plain: Plaintext, wrapped: CiphertextBlob };
    },
    async unwrap(wrapped, context) {
      assertNoTransaction("KMS Decrypt");
      let plain = await unwrapBy(newest, wrapped, context);
      for (const keyId of older)
        plain ??= /* mutation: kms-older-key */ await unwrapBy(keyId, wrapped, context);
      if (!plain) throw new Error("data key was not wrapped by a key of this deployment: check KMS_KEY_IDS");
      return plain;
    },
  };

  /** `null`: it was wrapped by another key. */
  async function unwrapBy(
    KeyId: string | undefined,
    CiphertextBlob: Uint8Array,
    EncryptionContext: Record<string, string>,
  ): Promise<Uint8Array | null> {
    const command = new DecryptCommand({
      /* mutation: kms-key-id */ KeyId,
      CiphertextBlob,
      EncryptionContext,
    });
    try {
      if (process.env.FAILPOINTS) await reach("before", "kms Decrypt");
      const { Plaintext } = await client.send(command);
      if (process.env.FAILPOINTS) await reach("after", "kms Decrypt");
      if (!Plaintext) throw new Error("KMS returned no plain key");
      return Plaintext;
    } catch (error) {
      if (error instanceof IncorrectKeyException) return null;
      return away(error);
    }
  }
}

/** A KMS time-out, throttling or server error is worth a retry; a refusal is not. */
function away(error: unknown): never {
  throw isTransient(error) ? unavailable(error) : error;
}
