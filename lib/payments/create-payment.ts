import { randomUUID } from "node:crypto";
import { secondsAfter } from "../clock.ts";
import type { Caller } from "../domain/caller.ts";
import type { OpenConfig } from "../domain/config.ts";
import { newOrderNo } from "../domain/order-no.ts";
import type { Payable, Payment } from "../domain/payment.ts";
import { firstPollSeconds } from "../domain/poll-schedule.ts";
import type { NewPayment } from "../domain/provider.ts";
import type { Leased, NewOrder, StoredOrder } from "../domain/provider-request.ts";
import { buyerReturnUrl, webhookUrl } from "../domain/public-urls.ts";
import { orderEnd } from "../domain/scene-life.ts";
import { callUnderWay, GatewayError } from "../errors.ts";
import type { Gateway } from "../gateway.ts";
import { createOrder } from "../storage/payments/create-order.ts";
import { findStoredOrder } from "../storage/payments/find-order.ts";
import { takeCreateLease } from "../storage/payments/provider-requests.ts";
import {
  createAtProvider,
  leaseSeconds,
  outcomeUnknown,
  refused,
  repeatableUntil,
} from "./create-at-provider.ts";
import { withOpenLink } from "./link.ts";
import { type CreatePaymentCommand, differingFields, normalised } from "./request.ts";
/** A payment with what the buyer needs to pay it. */
export type PayablePayment = Payment & { payable: Payable; payableUntil: Date };

const pollMs = [100, 150, 250, 500];
const longestPollSeconds = 9;

/**
 * Creates a payment, or replays the answer of the same request: one order per `out_trade_no`, even if requests are
 * repeated, concurrent or interrupted by a crash.
 */
export async function createPayment(
  gateway: Gateway,
  caller: Caller,
  command: CreatePaymentCommand,
): Promise<PayablePayment> {
  // mutation: create-notify-url
  refuseUnsendable(gateway, command);
  const existing = await findStoredOrder(gateway.db, caller.userId, command.outTradeNo);
  if (existing) return replay(gateway, existing, command);
  // mutation: create-active-merchant
  if (!caller.active)
    throw new GatewayError("forbidden", "this merchant is disabled: it cannot create payments");

  const config = await gateway.configs.choose(caller.userId, command.provider, command.config);
  const leased = await createOrder(gateway.db, newOrder(gateway, caller, command, config));
  if (leased) {
    const woken = gateway.wakeUps.pollPayment(
      leased.payment,
      secondsAfter(leased.payment.createdAt, firstPollSeconds),
    );
    return await createAtProvider(gateway, leased)
      .then(payable)
      .finally(() => woken);
  }
  const winner = await findStoredOrder(gateway.db, caller.userId, command.outTradeNo);
  if (!winner) throw callUnderWay();
  return replay(gateway, winner, command);
}

function refuseUnsendable({ whyUnsendable }: Gateway, { notifyUrl }: CreatePaymentCommand): void {
  const message = notifyUrl === null ? null : whyUnsendable(notifyUrl);
  if (message === null) return;
  const fields = [{ field: "notify_url", message }];
  throw new GatewayError("invalid_parameter", `notify_url: ${message}`, { fields });
}

function newOrder(
  gateway: Gateway,
  caller: Caller,
  command: CreatePaymentCommand,
  config: OpenConfig,
): NewOrder {
  const createdAt = gateway.clock.now();
  const orderNo = newOrderNo(createdAt);
  const description = {
    orderNo,
    outTradeNo: command.outTradeNo,
    scene: command.scene,
    subject: command.subject,
    body: command.body,
    amount: command.amount,
    returnUrl: command.returnUrl,
    createdAt,
    expiresAt: orderEnd(createdAt, command.expiresInSeconds, gateway.lifeOf(command.provider, command.scene)),
  };
  const newPayment: NewPayment = {
    ...description,
    notifyUrl: webhookUrl(gateway.publicUrl, config),
    buyerReturnUrl: buyerReturnUrl(gateway.publicUrl, command.provider, orderNo),
    extraParams: config.checkExtraParams(command.scene, command.extraParams),
  };
  return {
    ...description,
    ...normalised(command),
    prepared: config.adapter.prepare(newPayment),
    idempotencyKey: randomUUID(),
    leaseToken: randomUUID(),
    leaseUntil: secondsAfter(createdAt, leaseSeconds),
    userId: caller.userId,
    configId: config.id,
    provider: command.provider,
    providerAccount: config.account,
    notifyUrl: command.notifyUrl ?? caller.notifyUrl,
    metadata: command.metadata,
    livemode: config.adapter.livemode,
    updatedAt: createdAt,
    nextPollAt: secondsAfter(createdAt, firstPollSeconds),
  };
}

/** Returns the response of the first request; waits for it while that request is in progress. */
async function replay(
  gateway: Gateway,
  first: StoredOrder,
  command: CreatePaymentCommand,
): Promise<PayablePayment> {
  // mutation: create-same-content
  refuseOtherContent(first, command);
  const until = secondsAfter(gateway.clock.now(), longestPollSeconds);
  for (let stored: StoredOrder | null = first, polls = 0; stored; polls++) {
    const { payment } = stored;
    refuseEnded(payment);
    const current = payment.payable ? await withOpenLink(gateway, payment) : await created(gateway, stored);
    if (current) return payable(current);
    if (gateway.clock.now() > until) throw outcomeUnknown(payment);
    await gateway.clock.sleep(pollMs[Math.min(polls, pollMs.length - 1)]!);
    stored = await findStoredOrder(gateway.db, payment.userId, payment.outTradeNo);
  }
  throw outcomeUnknown(first.payment);
}

async function created(gateway: Gateway, stored: StoredOrder): Promise<Payment | null> {
  const leased = await takeLease(gateway, stored);
  return leased && createAtProvider(gateway, leased);
}

async function takeLease(
  gateway: Gateway,
  { payment, providerRequest }: StoredOrder,
): Promise<Leased | null> {
  const now = gateway.clock.now();
  if (providerRequest.done || providerRequest.leaseUntil > now) return null;
  const { adapter } = await gateway.configs.of(payment);
  // mutation: replay-key-expired
  if (repeatableUntil(payment, adapter) <= now) return null;
  return takeCreateLease(gateway.db, payment, {
    leaseToken: randomUUID(),
    leaseUntil: secondsAfter(now, leaseSeconds),
    now,
  });
}

function refuseOtherContent(stored: StoredOrder, command: CreatePaymentCommand): void {
  if (normalised(command).fingerprint === stored.fingerprint) return;
  const names = differingFields(command, stored.request);
  if (names.length === 0) return;
  const fields = names.map((field) => ({
    field,
    message: "differs from the first request with this out_trade_no",
  }));
  const message = `out_trade_no was used with another ${names.join(", ")}: send the same content, or a new out_trade_no`;
  throw new GatewayError("conflict", message, { fields, orderNo: stored.payment.orderNo });
}

function refuseEnded(payment: Payment): void {
  const { status, orderNo, refusal } = payment;
  if (status === "closed") {
    throw new GatewayError("order_status", "this payment is closed: use a new out_trade_no", { orderNo });
  }
  if (status !== "failed") return;
  if (!refusal)
    throw new GatewayError("order_status", "this payment has failed: use a new out_trade_no", { orderNo });
  throw refused(payment, refusal);
}

function payable(payment: Payment): PayablePayment {
  refuseEnded(payment);
  const { payable, payableUntil } = payment;
  if (payable === null || payableUntil === null) throw outcomeUnknown(payment);
  return { ...payment, payable, payableUntil };
}
