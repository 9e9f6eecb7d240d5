import { secondsAfter } from "../../lib/clock.ts";
import { newOrderNo } from "../../lib/domain/order-no.ts";
import { initial, type Payment } from "../../lib/domain/payment.ts";
import type { NewPayment } from "../../lib/domain/provider.ts";
import type { Money } from "../../lib/money/money.ts";

export type OrderOptions = {
  provider: string;
  /** The receiving account, as the adapter names it. */
  account: string;
  scene: string;
  amount: Money;
  now: Date;
  webhookUrl: string;
  returnUrl: string;
};

/** A new order that expires in two hours: the provider's input, and the row that the gateway would store for it. */
export function newOrder(options: OrderOptions): { input: NewPayment; payment: Payment } {
  const { provider, account, scene, amount, now, webhookUrl, returnUrl } = options;
  const orderNo = newOrderNo(now);
  const input: NewPayment = {
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
  return {
    input,
    payment: { ...initial, ...input, ...unused, provider, providerAccount: account, updatedAt: now },
  };
}

const unused = {
  id: "1",
  userId: "1",
  configId: "1",
  notifyUrl: null,
  metadata: {},
  livemode: false,
  nextPollAt: null,
};
