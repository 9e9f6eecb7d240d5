import type { Clock } from "../../../lib/clock.ts";
import { initial, type Payment } from "../../../lib/domain/payment.ts";
import type { NewPayment, Provider } from "../../../lib/domain/provider.ts";
import type { Refund } from "../../../lib/domain/refund.ts";

/** 20:00 in UTC+8. */
export const createdAt = new Date("2025-11-23T12:00:00.400Z");
export const orderNo = "UNI20251123120000ABCDEFGHJKMNPQR";

export function clockAt(time: Date | string): Clock {
  return { now: () => new Date(time) };
}

/** An order of 12.30 CNY over two hours. */
export function newPayment(changes: Partial<NewPayment> = {}): NewPayment {
  return {
    orderNo,
    outTradeNo: "shop-1",
    scene: "page",
    subject: "Tea",
    body: "",
    amount: { minor: 1230, currency: "CNY" },
    returnUrl: null,
    createdAt,
    expiresAt: new Date(createdAt.getTime() + 7200_000),
    notifyUrl: "https://pay.example/api/v1/public/notify/x/1",
    buyerReturnUrl: "https://pay.example/api/v1/public/return/x/1",
    extraParams: {},
    ...changes,
  };
}

export function payment(changes: Partial<Payment> = {}): Payment {
  return {
    ...initial,
    ...newPayment(),
    id: "1",
    userId: "1",
    configId: "1",
    provider: "x",
    providerAccount: "account",
    ...{ state: "payable", status: "pending" },
    notifyUrl: null,
    metadata: {},
    livemode: false,
    updatedAt: createdAt,
    nextPollAt: null,
    ...changes,
  };
}

/** The refund with its request, as it is stored before the provider is called. */
export function withRequest(adapter: Provider, payment: Payment, input: Refund): Refund {
  return { ...input, prepared: adapter.prepareRefund!(payment, input) };
}

/** A refund of 2.30 CNY that was not sent to the provider yet. */
export function refund(changes: Partial<Refund> = {}): Refund {
  return {
    id: "7",
    userId: "1",
    orderId: "1",
    refundNo: "shop-refund-1",
    providerRefundNo: "R20251123120000ABCDEFGHJKMNPQRST",
    amount: { minor: 230, currency: "CNY" },
    status: "processing",
    reason: "",
    prepared: {},
    idempotencyKey: "R20251123120000ABCDEFGHJKMNPQRST",
    refundId: "",
    refusal: null,
    createdAt,
    updatedAt: createdAt,
    ...changes,
  };
}

/** Everything that a log of an error could show: it must contain no secret. */
export function everythingOf(error: unknown): string {
  if (!(error instanceof Error)) return JSON.stringify(error) ?? String(error);
  const own = Object.getOwnPropertyNames(error).map((name) => String(Reflect.get(error, name)));
  return [...own, JSON.stringify(error), everythingOf(error.cause)].join("\n");
}
