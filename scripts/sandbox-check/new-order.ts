import { secondsAfter } from "../../lib/clock.ts";
import type { Money } from "../../lib/money/money.ts";
import { newOrderNo } from "../../lib/payment/order-no.ts";
import type { Payment } from "../../lib/payment/payment.ts";
import type { NewPayment } from "../../lib/payment/provider.ts";

export type OrderWish = {
  provider: string;
  /** The receiving account, as the adapter names it. */
  account: string;
  scene: string;
  amount: Money;
  now: Date;
  webhookUrl: string;
  returnUrl: string;
};

/** A new order of two hours: what the provider is asked to make, and the row that the gateway would store for it. */
export function newOrder(wish: OrderWish): { wanted: NewPayment; payment: Payment } {
  const { provider, account, scene, amount, now, webhookUrl, returnUrl } = wish;
  const orderNo = newOrderNo(now);
  const wanted: NewPayment = {
    orderNo,
    outTradeNo: `check-${orderNo.slice(-8)}`,
    scene,
    subject: "A cup of tea",
    body: "",
    amount,
    returnUrl: null,
    createdAt: now,
    expiresAt: secondsAfter(now, 7200),
    notifyUrl: webhookUrl,
    buyerReturnUrl: returnUrl,
    extraParams: {},
  };
  return { wanted, payment: { ...wanted, ...unmade, provider, providerAccount: account, updatedAt: now } };
}

/** Of an order that no provider was asked for. */
const unmade = {
  id: "1",
  userId: "1",
  configId: "1",
  status: "processing",
  version: 0,
  tradeNo: "",
  objectId: null,
  payable: null,
  payableUntil: null,
  payableVersion: null,
  refusal: null,
  notifyUrl: null,
  metadata: {},
  livemode: false,
  lateSuccess: false,
  closeRequested: false,
  providerStarted: false,
  refundedMinor: 0,
  reservedMinor: 0,
  captureKey: null,
  lookUps: 0,
  paidAt: null,
  closedAt: null,
  lookedUpAt: null,
  nextQueryAt: null,
  unansweredSince: null,
  quietFrom: null,
} as const;
