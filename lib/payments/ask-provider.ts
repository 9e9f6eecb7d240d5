import type { Payment } from "../domain/payment.ts";
import type { Gateway } from "../gateway.ts";
import { log, nameOf } from "../log.ts";
import { raiseAnomalyOnce } from "../storage/anomalies.ts";

/** The provider calls whose refusal codes are looked up in the provider's table. */
export type ProviderCall = "create" | "query" | "close" | "capture" | "refund" | "refund_query";

/**
 * Calls an adapter once. An adapter that throws is a defect of ours and proves nothing about the provider: the outcome
 * is unknown, and the next poll fetches it.
 */
export async function askProvider<T>(
  call: ProviderCall,
  payment: Payment,
  { ask, broken }: { ask: () => Promise<T>; broken: (why: string) => T },
): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    const { orderNo, userId, provider, configId } = payment;
    const about = { order_no: orderNo, merchant: userId, provider, config_id: configId };
    log.alarm("a provider's adapter threw", { ...about, kind: call, ...nameOf(error) });
    // mutation: adapter-defect-unknown
    return broken("internal error");
  }
}

/**
 * Alarms for a refusal code that is missing from the provider's table, so that it is added. At most once per provider,
 * call, code and UTC day, across all merchants, orders and processes.
 */
export async function alarmUnlisted(
  { db }: Gateway,
  { userId, configId, provider, orderNo }: Payment,
  { call, code, now }: { call: ProviderCall; code: string; now: Date },
): Promise<void> {
  const day = now.toISOString().slice(0, 10);
  const detail = { call, code, day, do: "add the code to the provider's table, with whose fault it is" };
  const identity = [provider, call, code, /* mutation: unlisted-alarm-day */ day];
  // mutation: unlisted-alarm-order
  const anomaly = { kind: "unlisted_refusal", identity, userId, configId, provider, orderNo, detail };
  await raiseAnomalyOnce(db, anomaly, now);
}
