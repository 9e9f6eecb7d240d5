import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { DecryptCommand, EncryptCommand, GenerateDataKeyCommand, KMSClient } from "@aws-sdk/client-kms";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { StandIn } from "../../scripts/local/host/stand-ins/json-protocol.ts";
import { type KmsKey, startKms } from "../../scripts/local/host/stand-ins/kms.ts";
import { openStoredSecrets } from "../../scripts/local/host/stored-secrets.ts";

const keys: KmsKey[] = ["one", "two"].map((id) => ({
  id,
  arn: `arn:aws:kms:ap-southeast-1:000000000000:key/${id}`,
}));
const EncryptionContext = { user: "u1", provider: "alipay" };

let folder: string;
let standIn: StandIn;
let kms: KMSClient;

async function open(): Promise<void> {
  standIn = await startKms(keys, openStoredSecrets(folder));
  kms = new KMSClient({
    region: "ap-southeast-1",
    endpoint: standIn.url,
    credentials: { accessKeyId: "local", secretAccessKey: "local" },
  });
}

beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "local-kms-"));
  await open();
});
afterEach(() => {
  standIn.stop();
  rmSync(folder, { recursive: true, force: true });
});

const generate = () =>
  kms.send(new GenerateDataKeyCommand({ KeyId: "one", KeySpec: "AES_256", EncryptionContext }));

describe("local KMS", () => {
  it("the local KMS decrypts a data key under the same encryption context, in any order", async () => {
    const { Plaintext, CiphertextBlob, KeyId } = await generate();
    const reordered = { provider: "alipay", user: "u1" };
    const opened = await kms.send(new DecryptCommand({ CiphertextBlob, EncryptionContext: reordered }));
    expect(opened.Plaintext).toEqual(Plaintext);
    expect(Plaintext).toHaveLength(32);
    expect([KeyId, opened.KeyId]).toEqual([keys[0]?.arn, keys[0]?.arn]);
  });

  it("the local KMS decrypts after a restart what it encrypted before", async () => {
    const { Plaintext, CiphertextBlob } = await generate();
    standIn.stop();
    await open();
    const opened = await kms.send(new DecryptCommand({ CiphertextBlob, EncryptionContext }));
    expect(opened.Plaintext).toEqual(Plaintext);
  });

  it.each<Record<string, string>>([
    {},
    { user: "u2", provider: "alipay" },
    { ...EncryptionContext, more: "1" },
  ])("the local KMS refuses the encryption context %j", async (context) => {
    const { CiphertextBlob } = await generate();
    await expect(
      kms.send(new DecryptCommand({ CiphertextBlob, EncryptionContext: context })),
    ).rejects.toMatchObject({ name: "InvalidCiphertextException" });
  });

  it("the local KMS refuses a blob with a changed or missing byte", async () => {
    const { CiphertextBlob = new Uint8Array() } = await generate();
    const changed = [...CiphertextBlob.keys()].map((at) =>
      CiphertextBlob.with(at, Number(CiphertextBlob[at]) ^ 1),
    );
    for (const blob of [...changed, CiphertextBlob.subarray(0, -1), new Uint8Array([1])]) {
      await expect(
        kms.send(new DecryptCommand({ CiphertextBlob: blob, EncryptionContext })),
      ).rejects.toMatchObject({ name: "InvalidCiphertextException" });
    }
  });

  it("the local KMS distinguishes a wrong key from an unknown one", async () => {
    const { CiphertextBlob } = await generate();
    const decrypt = (KeyId: string) =>
      kms.send(new DecryptCommand({ CiphertextBlob, EncryptionContext, KeyId }));
    await expect(decrypt("two")).rejects.toMatchObject({ name: "IncorrectKeyException" });
    await expect(decrypt("three")).rejects.toMatchObject({ name: "NotFoundException" });
  });

  it("the local KMS neither generates nor decrypts with a disabled key", async () => {
    const { CiphertextBlob } = await generate();
    keys[0]!.disabled = true;
    const disabled = { name: "DisabledException" };
    await expect(generate()).rejects.toMatchObject(disabled);
    for (const KeyId of [undefined, "one"]) {
      const decrypt = kms.send(new DecryptCommand({ CiphertextBlob, EncryptionContext, KeyId }));
      await expect(decrypt).rejects.toMatchObject(disabled);
    }
    keys[0]!.disabled = false;
    expect(await kms.send(new DecryptCommand({ CiphertextBlob, EncryptionContext }))).toBeDefined();
  });

  it("the local KMS encrypts up to 4,096 bytes", async () => {
    const encrypt = (bytes: number) =>
      kms.send(new EncryptCommand({ KeyId: "one", Plaintext: new Uint8Array(bytes), EncryptionContext }));
    const { CiphertextBlob } = await encrypt(4096);
    const { Plaintext } = await kms.send(new DecryptCommand({ CiphertextBlob, EncryptionContext }));
    expect(Plaintext).toEqual(new Uint8Array(4096));
    await expect(encrypt(4097)).rejects.toMatchObject({ name: "ValidationException" });
  });
});
