import { randomUUID } from "node:crypto";
import { secondsAfter } from "../clock.ts";
import { GatewayError } from "../errors.ts";
import type { Caller } from "../payment/ports.ts";
import { driveRefund, type RefundGateway, refundLeaseSeconds } from "./drive-refund.ts";
import type { StoredRefund } from "./ports.ts";

/** A message may come this much before its time; clocks differ. */
const earlyMs = 1_000;

/** A refund now; one that is not final is looked up first, at most once per three seconds. */
export async function queryRefund(
  gateway: RefundGateway,
  caller: Caller,
  refundNo: string,
): Promise<StoredRefund> {
  const stored = await findRefund(gateway, caller, refundNo);
  if (!(await look(gateway, stored))) return stored;
  return findRefund(gateway, caller, refundNo);
}

async function findRefund(
  { refunds }: RefundGateway,
  { userId }: Caller,
  refundNo: string,
): Promise<StoredRefund> {
  const stored = await refunds.find(userId, refundNo);
  if (!stored) throw new GatewayError("not_found", "no such refund");
  return stored;
}

/** One look at a refund whose time has come; a hint for another time than the row's is left over and does nothing. */
export async function recheckRefund(
  gateway: RefundGateway,
  refund: { refundId: string; userId: string; due: Date },
): Promise<void> {
  const stored = await gateway.refunds.byId(refund.userId, refund.refundId);
  if (!stored?.nextQueryAt) return;
  const wait = stored.nextQueryAt.getTime() - gateway.clock.now().getTime();
  if (wait > earlyMs) {
    const isItsOwn = refund.due.getTime() === stored.nextQueryAt.getTime();
    return isItsOwn ? gateway.hints.recheckRefund(refund, stored.nextQueryAt) : undefined;
  }
  if (!(await look(gateway, stored))) return;
  const after = await gateway.refunds.byId(refund.userId, refund.refundId);
  if (after?.nextQueryAt) await gateway.hints.recheckRefund(refund, after.nextQueryAt);
}

/** False when it is final, or somebody has just looked. */
async function look(gateway: RefundGateway, stored: StoredRefund): Promise<boolean> {
  const { status } = stored.refund;
  if (status === "success" || status === "failed") return false;
  const now = gateway.clock.now();
  const leased = await gateway.refunds.takeOver(
    stored,
    randomUUID(),
    secondsAfter(now, refundLeaseSeconds),
    now,
  );
  if (!leased) return false;
  await driveRefund(gateway, leased, { first: false, told: "look-up" });
  return true;
}
