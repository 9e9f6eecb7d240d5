import type { Payment } from "../../domain/payment.ts";
import type { Leased, Link } from "../../domain/provider-request.ts";
import { type Database, transact } from "../database.ts";
import { ofMerchant } from "../of-merchant.ts";
import { addLog } from "../timeline.ts";
import { providerRequestOf, rowOf } from "./payment-rows.ts";
import { providerRequestRow } from "./provider-requests.ts";

/**
 * Leases the finished provider request of a payment that can still be paid, so that only one caller asks the provider
 * for a new link. The link that was read must still be the stored one, so that it is not replaced twice.
 */
export async function takeRenewal(
  db: Database,
  payment: Payment,
  lease: { leaseToken: string; leaseUntil: Date; now: Date },
): Promise<Leased | null> {
  const rows = ofMerchant(db, payment.userId);
  await rows
    .updateTable("provider_requests")
    .set({ lease_token: lease.leaseToken, lease_until: lease.leaseUntil })
    .where("order_id", "=", payment.id)
    .where("done", "=", 1)
    // mutation: link-renewal-lease
    .where("lease_until", "<=", lease.now)
    .where(({ exists, selectFrom }) =>
      exists(
        selectFrom("payment_orders as o")
          .select("o.id")
          .whereRef("o.id", "=", "provider_requests.order_id")
          .where("o.state", "=", "payable")
          .where("o.close_requested", "=", 0)
          .where("o.expires_at", ">", lease.now)
          .where("o.payable_until", "=", payment.payableUntil)
          .where((eb) =>
            payment.payableVersion === null
              ? eb("o.payable_version", "is", null)
              : eb("o.payable_version", "=", payment.payableVersion),
          ),
      ),
    )
    .execute();
  const row = await rows
    .selectFrom("provider_requests")
    .select(["idempotency_key", "prepared", "done", "lease_until", "unclear_since"])
    .where("order_id", "=", payment.id)
    .where("lease_token", "=", lease.leaseToken)
    .executeTakeFirst();
  return row ? { payment, providerRequest: providerRequestOf(row), leaseToken: lease.leaseToken } : null;
}

/** Replaces the lapsed link. `null`: the lease was lost, or the payment has changed since it was read. */
export function storeRenewed(
  db: Database,
  leased: Leased,
  { payable, until, version }: Link,
  now: Date,
): Promise<Payment | null> {
  const { payment } = leased;
  return transact(db, async (trx) => {
    const held = await providerRequestRow(trx, leased).set({ lease_until: now }).executeTakeFirstOrThrow();
    if (held.numUpdatedRows === 0n) return null;
    const stored = await rowOf(trx, payment)
      .set({
        payable: JSON.stringify(payable),
        payable_until: until,
        payable_version: version,
        updated_at: now,
      })
      .where("state", "=", "payable")
      .where("version", "=", payment.version)
      .executeTakeFirstOrThrow();
    if (stored.numUpdatedRows === 0n) return null;
    const data = { until: until.toISOString() };
    await addLog(trx, payment, { at: now, kind: "provider_call", title: "another link was made", data });
    return { ...payment, payable, payableUntil: until, payableVersion: version, updatedAt: now };
  });
}

/** Ends a renewal without a new link: no caller asks the provider for one before `until`. */
export async function endRenewal(db: Database, leased: Leased, until: Date): Promise<void> {
  await providerRequestRow(db, leased).set({ lease_until: until }).execute();
}
