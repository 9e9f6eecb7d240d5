import type { KeyObject } from "node:crypto";

export const providerNames = ["alipay", "wechat", "stripe", "paypal"] as const;
export type Name = (typeof providerNames)[number];

/** A webhook that was really sent, as it came. */
export type Delivery = {
  provider: Name;
  configId: string;
  headers: Record<string, string>;
  body: Buffer<ArrayBuffer>;
};

/** What of an order anybody knows who has seen it at the provider. */
export type KnownOrder = {
  provider: Name;
  status: string;
  orderNo: string;
  outTradeNo: string;
  tradeNo: string;
  minor: number;
  /** "" where nothing was refunded. */
  refundNo: string;
};

/** A merchant without its secrets. */
export type KnownShop = {
  userId: string;
  username: string;
  apiKeyId: string;
  configs: Record<Name, string>;
  /** Ids, serial numbers and the providers' public keys. */
  accounts: Record<Name, Record<string, string>>;
  orders: KnownOrder[];
  deliveries: Delivery[];
};

/** What an attacker who is a merchant has of its own. */
export type Rival = KnownShop & {
  apiKey: string;
  /** May only query. */
  queryKey: string;
  stripeSecret: string;
  wechatApiV3Key: string;
};

/**
 * All that the providers' simulators know of both merchants, and all that is public: no API key of the victim's, no
 * signing key of a provider.
 */
export type Known = {
  victim: KnownShop;
  rival: Rival;
  /** Revoked ones. */
  deadKeys: string[];
  /** An RSA pair of the attacker's own. */
  own: { publicKey: KeyObject; privateKey: KeyObject };
  /** The query with which Alipay has sent a buyer of the victim's back: truly signed, and no notice. */
  alipayReturn: string;
  now(): Date;
};

/** What only the victim may read. No request holds it. */
export const canaries = {
  subject: "Canary subject 7f3a91",
  body: "Canary body 7f3a92",
  metadata: "canary-metadata-7f3a93",
  notifyUrl: "canary-notify-7f3a94",
} as const;
