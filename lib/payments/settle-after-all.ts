import * as z from "zod";
import type { Payment } from "../domain/payment.ts";
import { GatewayError } from "../errors.ts";
import type { Gateway } from "../gateway.ts";
import { addLog } from "../storage/timeline.ts";
import { settlePaid } from "./apply-events.ts";

/** The detail that `settlePaid` records with a verified payment that does not match its order. */
const recordedFact = z.object({
  account: z.string().min(1),
  trade_no: z.string().min(1),
  amount_minor: z.number().int().positive(),
  currency: z.string(),
  differs: z.array(z.string()).min(1),
});

/** Fields that may differ in a payment of this order: the account may have got another name, or another config. */
const maySettle = new Set(["account", "config"]);

/**
 * Settles a payment with a verified event that settle had refused, because an operator knows that the account is the
 * order's after all (for example after a change of WeChat Pay's `appid`). Amount and currency must still be the
 * order's.
 */
export async function settleAfterAll(
  gateway: Gateway,
  payment: Payment,
  { detail, at, note }: { detail: Record<string, unknown>; at: Date; note: string },
): Promise<void> {
  const { orderNo, userId, configId, provider, amount, providerAccount: account, livemode } = payment;
  const refuse = (why: string) => new GatewayError("conflict", `not settled: ${why}`, { orderNo });
  const parsed = recordedFact.safeParse(detail);
  if (!parsed.success) throw refuse("this anomaly records no payment");
  const fact = parsed.data;
  const others = fact.differs.filter((name) => !maySettle.has(name));
  // mutation: settle-after-all-amount
  if (others.length > 0 || fact.amount_minor !== amount.minor || fact.currency !== amount.currency)
    throw refuse(`the payment differs from the order in ${others.join(", ") || "its amount"}`);
  if (payment.status === "success") throw refuse("this order is paid already: refund what was paid twice");
  const paid = {
    kind: "paid" as const,
    orderNo,
    account,
    amount,
    tradeNo: fact.trade_no,
    paidAt: at,
    objectId: payment.objectId,
  };
  const origin = { userId, configId, provider, account, livemode, source: "operator" as const };
  const settled = await settlePaid(gateway, paid, origin);
  if (settled.kind !== "settled") throw refuse(`the order answers "${settled.kind}": see order show`);
  const data = { said_account: fact.account, trade_no: fact.trade_no, note };
  const now = gateway.clock.now();
  await addLog(gateway.db, payment, { at: now, kind: "operator", title: "settled by an operator", data });
}
