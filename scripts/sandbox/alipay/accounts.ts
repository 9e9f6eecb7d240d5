import { generateKeyPair, type KeyObject } from "node:crypto";
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
  /** What refunds can be paid from, in fen; undefined: enough. */
  availableFen: number | undefined;
  /** What Alipay writes this application's texts in: now and then GBK, whatever it was asked for. */
  answersIn: Charset;
  noticesIn: Charset;
};

/** What a merchant types into the gateway's config. The keys are PEM (PKCS8, SPKI). */
export type AlipayCredentials = {
  app_id: string;
  private_key: string;
  public_key: string;
  is_production: false;
  seller_id: string;
};

const newKeyPair = promisify(generateKeyPair);

/** Opens an account and hands out its credentials; the merchant's private key is kept nowhere else. */
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
