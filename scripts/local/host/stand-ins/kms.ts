import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import * as z from "zod";
import type { StoredSecrets } from "../stored-secrets.ts";
import { AwsError, type StandIn, serveOperations } from "./json-protocol.ts";

/** One customer managed key. */
export type KmsKey = { id: string; arn: string; disabled?: boolean };

const encryptionContext = z.record(z.string(), z.string()).default({});
const generateDataKeySchema = z.strictObject({
  KeyId: z.string(),
  KeySpec: z.enum(["AES_128", "AES_256"]).optional(),
  NumberOfBytes: z.int().min(1).max(1024).optional(),
  EncryptionContext: encryptionContext,
});
const encryptSchema = z.strictObject({
  KeyId: z.string(),
  Plaintext: z.base64(),
  EncryptionContext: encryptionContext,
});
const decryptSchema = z.strictObject({
  KeyId: z.string().optional(),
  CiphertextBlob: z.base64(),
  EncryptionContext: encryptionContext,
});

const ivBytes = 12;
const tagBytes = 16;
/** AWS's limit for Encrypt with symmetric keys, in bytes. */
const plaintextLimit = 4096;

type Encrypter = {
  /** By id or ARN. */
  find(idOrArn: string): KmsKey;
  encrypt(key: KmsKey, plaintext: Buffer, context: Record<string, string>): string;
  open(blob: string, context: Record<string, string>): { key: KmsKey; plaintext: Buffer };
};

/**
 * AES-256-GCM under a master key per KMS key, which is kept for the next start, with the encryption context as
 * authenticated data. A blob is: length of the key's ARN (2 bytes), ARN, IV, tag, ciphertext; base64.
 */
function createEncrypter(keys: readonly KmsKey[], stored: StoredSecrets): Encrypter {
  const find = (idOrArn: string): KmsKey => {
    const key = keys.find(({ id, arn }) => idOrArn === id || idOrArn === arn);
    if (key === undefined) throw new AwsError("NotFoundException", `Key '${idOrArn}' does not exist`);
    if (key.disabled) throw new AwsError("DisabledException", `${key.arn} is disabled.`);
    return key;
  };
  const masterKey = ({ arn }: KmsKey): Buffer =>
    Buffer.from(
      stored.get(`master key of ${arn}`, () => randomBytes(32).toString("base64")),
      "base64",
    );

  function encrypt(key: KmsKey, plaintext: Buffer, context: Record<string, string>): string {
    const arn = Buffer.from(key.arn);
    const length = Buffer.alloc(2);
    length.writeUInt16BE(arn.length);
    const iv = randomBytes(ivBytes);
    const cipher = createCipheriv("aes-256-gcm", masterKey(key), iv).setAAD(canonical(context));
    const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()]);
    return Buffer.concat([length, arn, iv, cipher.getAuthTag(), ciphertext]).toString("base64");
  }

  function open(encrypted: string, context: Record<string, string>): { key: KmsKey; plaintext: Buffer } {
    const blob = Buffer.from(encrypted, "base64");
    try {
      const end = 2 + blob.readUInt16BE(0);
      const key = find(blob.toString("utf8", 2, end));
      const iv = blob.subarray(end, end + ivBytes);
      const tag = blob.subarray(end + ivBytes, end + ivBytes + tagBytes);
      const decipher = createDecipheriv("aes-256-gcm", masterKey(key), iv, { authTagLength: tagBytes });
      decipher.setAAD(canonical(context)).setAuthTag(tag);
      const ciphertext = blob.subarray(end + ivBytes + tagBytes);
      return { key, plaintext: Buffer.concat([decipher.update(ciphertext), decipher.final()]) };
    } catch (error) {
      if (error instanceof AwsError && error.name === "DisabledException") throw error;
      throw new AwsError("InvalidCiphertextException", "");
    }
  }

  return { find, encrypt, open };
}

/** KMS with GenerateDataKey, Encrypt and Decrypt. */
export function startKms(keys: readonly KmsKey[], stored: StoredSecrets): Promise<StandIn> {
  const { find, encrypt, open } = createEncrypter(keys, stored);
  return serveOperations({
    GenerateDataKey(input) {
      const request = validated(generateDataKeySchema, input);
      if ((request.KeySpec === undefined) === (request.NumberOfBytes === undefined)) {
        throw new AwsError("ValidationException", "Please specify either number of bytes or key spec.");
      }
      const key = find(request.KeyId);
      const plaintext = randomBytes(request.NumberOfBytes ?? (request.KeySpec === "AES_128" ? 16 : 32));
      return {
        KeyId: key.arn,
        Plaintext: plaintext.toString("base64"),
        CiphertextBlob: encrypt(key, plaintext, request.EncryptionContext),
      };
    },
    Encrypt(input) {
      const request = validated(encryptSchema, input);
      const key = find(request.KeyId);
      const plaintext = Buffer.from(request.Plaintext, "base64");
      if (plaintext.length === 0 || plaintext.length > plaintextLimit) {
        throw new AwsError("ValidationException", `Plaintext must have 1 to ${plaintextLimit} bytes.`);
      }
      return {
        KeyId: key.arn,
        CiphertextBlob: encrypt(key, plaintext, request.EncryptionContext),
        EncryptionAlgorithm: "SYMMETRIC_DEFAULT",
      };
    },
    Decrypt(input) {
      const request = validated(decryptSchema, input);
      const { key, plaintext } = open(request.CiphertextBlob, request.EncryptionContext);
      if (request.KeyId !== undefined && find(request.KeyId) !== key) {
        throw new AwsError(
          "IncorrectKeyException",
          "The key ID does not identify the key that encrypted this.",
        );
      }
      return {
        KeyId: key.arn,
        Plaintext: plaintext.toString("base64"),
        EncryptionAlgorithm: "SYMMETRIC_DEFAULT",
      };
    },
  });
}

/** The order in which a caller writes the pairs of an encryption context does not matter. */
function canonical(context: Record<string, string>): Buffer {
  return Buffer.from(JSON.stringify(Object.entries(context).toSorted(([a], [b]) => (a < b ? -1 : 1))));
}

function validated<T>(schema: z.ZodType<T>, input: unknown): T {
  const parsed = schema.safeParse(input);
  if (!parsed.success) throw new AwsError("ValidationException", z.prettifyError(parsed.error));
  return parsed.data;
}
