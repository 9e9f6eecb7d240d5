import { generateKeyPair, type KeyObject } from "node:crypto";
import { promisify } from "node:util";
import { Refusal, stringField } from "../kernel/call.ts";
import { newSigner, type Signer } from "../kernel/certificate.ts";
import { randomDigits, randomText } from "../kernel/random.ts";

/** What WeChat signs with for a merchant: `public_key` for every new one; `both` while one migrates to it. */
const modes = ["public_key", "certificate", "both"] as const;
type Mode = (typeof modes)[number];

/** A key with which WeChat signs for one account; `serial` is sent as `Wechatpay-Serial`. */
export type PlatformKey = { serial: string; privateKey: KeyObject };

/** One merchant at WeChat Pay. Keys belong to one account only. */
export type WechatAccount = {
  /** Bound to the merchant; the newest is last. */
  appIds: string[];
  mchId: string;
  /** Serial number of the merchant's certificate. */
  serialNo: string;
  apiV3Key: string;
  /** The merchant's public key: verifies requests. */
  merchantKey: KeyObject;
  publicKey: PlatformKey | undefined;
  /** Platform certificates that are valid now, the newest last. */
  certificates: Signer[];
  /** Balance from which refunds are paid, in fen; undefined: unlimited. */
  availableFen: number | undefined;
};

/** Credentials for the merchant's config at the gateway. The keys are PEM (PKCS8, SPKI). */
export type WechatCredentials = {
  app_id: string;
  mch_id: string;
  serial_no: string;
  api_v3_key: string;
  private_key: string;
  public_key_id?: string;
  public_key?: string;
};

const newKeyPair = promisify(generateKeyPair);

/** Opens an account and returns its credentials; the simulator does not keep the merchant's private key. */
export async function createAccount(
  input: Record<string, unknown>,
  now: Date,
): Promise<{ account: WechatAccount; credentials: WechatCredentials }> {
  const mode = readMode(input);
  const [merchant, platform] = await Promise.all([
    newKeyPair("rsa", { modulusLength: 2048 }),
    newKeyPair("rsa", { modulusLength: 2048 }),
  ]);
  const mchId = `16${randomDigits(8)}`;
  const publicKeyId = `PUB_KEY_ID_01${mchId}${randomDigits(22)}`;
  const account: WechatAccount = {
    appIds: [newAppId()],
    mchId,
    serialNo: randomDigits(40),
    apiV3Key: randomText(32),
    merchantKey: merchant.publicKey,
    publicKey: mode === "certificate" ? undefined : { serial: publicKeyId, privateKey: platform.privateKey },
    certificates: mode === "public_key" ? [] : [newPlatformCertificate(now)],
    availableFen: undefined,
  };
  const credentials = {
    app_id: account.appIds[0]!,
    mch_id: mchId,
    serial_no: account.serialNo,
    api_v3_key: account.apiV3Key,
    private_key: merchant.privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    ...(account.publicKey && {
      public_key_id: publicKeyId,
      public_key: platform.publicKey.export({ type: "spki", format: "pem" }).toString(),
    }),
  };
  return { account, credentials };
}

export function newAppId(): string {
  return `wx${randomDigits(16)}`;
}

function readMode(input: Record<string, unknown>): Mode {
  const modeName = stringField(input, "mode") ?? "public_key";
  const mode = modes.find((one) => one === modeName);
  if (!mode) throw new Refusal(400, `mode must be ${modes.join(", ")}.`);
  return mode;
}

/** Another platform certificate of WeChat. */
export function newPlatformCertificate(now: Date): Signer {
  return newSigner("Tenpay.com Root CA (simulated)", now);
}

/** The account's platform keys; the first one signs unless the request names another. */
export function platformKeys({ certificates, publicKey }: WechatAccount): PlatformKey[] {
  const byCertificate = certificates.map(({ serialNumber: serial, privateKey }) => ({ serial, privateKey }));
  return [...byCertificate.reverse(), ...(publicKey ? [publicKey] : [])];
}
