import { generateKeyPair, generateKeyPairSync, type KeyObject } from "node:crypto";
import { promisify } from "node:util";
import { randomDigits } from "../kernel/random.ts";
import type { Charset } from "./gbk.ts";

/** One merchant application at Alipay. Keys belong to one account only. */
export type AlipayAccount = {
  appId: string;
  sellerId: string;
  /** The merchant's public key, as uploaded: verifies requests. */
  merchantKey: KeyObject;
  /** Alipay's private key for this application: signs answers and notifications. */
  platformKey: KeyObject;
  /** Balance from which refunds are paid, in fen; undefined: unlimited. */
  availableFen: number | undefined;
  /** Charsets in which Alipay writes to this application: sometimes GBK, whatever charset was requested. */
  answersIn: Charset;
  noticesIn: Charset;
};

/** Credentials for the merchant's config at the gateway. The keys are PEM (PKCS8, SPKI). */
export type AlipayCredentials = {
  app_id: string;
  private_key: string;
  public_key: string;
  is_production: false;
  seller_id: string;
};

/** Replaces the merchant's key: signatures by the old one are refused from now on. Returns the new private key. */
export function replaceKey(account: AlipayAccount): { private_key: string } {
  const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  account.merchantKey = publicKey;
  return { private_key: privateKey.export({ type: "pkcs8", format: "pem" }).toString() };
}

const newKeyPair = promisify(generateKeyPair);

/** Opens an account and returns its credentials; the simulator does not keep the merchant's private key. */
export async function createAccount(): Promise<{ account: AlipayAccount; credentials: AlipayCredentials }> {
  const [merchant, platform] = await Promise.all([
    newKeyPair("rsa", { modulusLength: 2048 }),
    newKeyPair("rsa", { modulusLength: 2048 }),
  ]);
  const account: AlipayAccount = {
    appId: `2021${randomDigits(12)}`,
    sellerId: `2088${randomDigits(12)}`,
    merchantKey: merchant.publicKey,
    platformKey: platform.privateKey,
    availableFen: undefined,
    answersIn: "utf-8",
    noticesIn: "utf-8",
  };
  const credentials = {
    app_id: account.appId,
    private_key: merchant.privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    public_key: platform.publicKey.export({ type: "spki", format: "pem" }).toString(),
    is_production: false,
    seller_id: account.sellerId,
  } as const;
  return { account, credentials };
}
