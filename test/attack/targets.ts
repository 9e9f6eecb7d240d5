import type { KeyObject } from "node:crypto";
import type { ProviderName } from "../../lib/providers/registry.ts";

export type Name = ProviderName;

/** A webhook that was really sent, as it arrived. */
export type Delivery = {
  provider: Name;
  configId: string;
  headers: Record<string, string>;
  body: Buffer<ArrayBuffer>;
};

/** The data of an order that is visible at the provider. */
export type TargetOrder = {
  provider: Name;
  status: string;
  orderNo: string;
  outTradeNo: string;
  tradeNo: string;
  minor: number;
  /** Empty if nothing was refunded. */
  refundNo: string;
};

/** A merchant without its secrets. */
export type TargetShop = {
  userId: string;
  username: string;
  apiKeyId: string;
  configs: Record<Name, string>;
  /** Ids, serial numbers and the providers' public keys. */
  accounts: Record<Name, Record<string, string>>;
  orders: TargetOrder[];
  deliveries: Delivery[];
};

/** An attacker who is a merchant, with its own secrets. */
export type Rival = TargetShop & {
  apiKey: string;
  /** May only query. */
  queryKey: string;
  /** All fields of its credentials. */
  credentials: Record<Name, Record<string, string>>;
};

/**
 * Everything that the providers' simulators know about both merchants, and everything public. It holds no API key of
 * the victim and no signing key of a provider.
 */
export type Targets = {
  victim: TargetShop;
  rival: Rival;
  /** Revoked API keys. */
  deadKeys: string[];
  /** An RSA key pair of the attacker. */
  own: { publicKey: KeyObject; privateKey: KeyObject };
  /** Texts that providers signed for a buyer of the victim and that are no webhooks. */
  signedForBuyers: Partial<Record<Name, string>>;
  now(): Date;
};

/** Texts that only the victim may read. No request contains them. */
export const canaries = {
  subject: "Canary subject 7f3a91",
  body: "Canary body 7f3a92",
  metadata: "canary-metadata-7f3a93",
  notifyUrl: "canary-notify-7f3a94",
} as const;
