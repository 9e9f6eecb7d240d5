import { isCurrency } from "../../../lib/money/currencies.ts";
import type { Money } from "../../../lib/money/money.ts";
import type { Observation } from "../../../lib/payment/provider.ts";
import type { RefundOutcome } from "../../../lib/refund/refund.ts";
import { demand } from "./parser.ts";

/** Of the columns that the texts go into. */
const longest = { tradeNo: 255, refundId: 255, eventId: 255, eventType: 128 };

/** A time that the database can hold. */
export function assertStorable(time: Date): void {
  demand(
    time >= new Date("1000-01-01T00:00:00Z") && time < new Date("+010000-01-01T00:00:00Z"),
    "no time to store",
  );
}

function assertMoney({ minor, currency }: Money): void {
  demand(Number.isSafeInteger(minor) && minor >= 0 && isCurrency(currency), "no amount");
}

function assertLength(name: keyof typeof longest, text: string | null): void {
  demand(text === null || (text !== "" && text.length <= longest[name]), `${name} of another length`);
}

/** Everything in it can be written down, and a fact is complete. */
export function assertFact(seen: Observation): void {
  if ("amount" in seen) assertMoney(seen.amount);
  if ("total" in seen) assertMoney(seen.total);
  if ("tradeNo" in seen) assertLength("tradeNo", seen.tradeNo);
  if ("refundId" in seen) assertLength("refundId", seen.refundId);
  if ("orderNo" in seen) demand(seen.orderNo === null || typeof seen.orderNo === "string", "no order number");
  if (seen.kind === "paid") assertStorable(seen.paidAt);
}

export function assertFacts(seen: readonly Observation[]): void {
  for (const one of seen) assertFact(one);
}

export function assertHeard({
  eventId,
  eventType,
  observations,
}: {
  eventId: string;
  eventType: string;
  observations: Observation[];
}): void {
  assertLength("eventId", eventId);
  demand(eventType.length <= longest.eventType, "eventType of another length");
  assertFacts(observations);
}

export function assertOutcome(outcome: RefundOutcome): void {
  if ("refundId" in outcome) assertLength("refundId", outcome.refundId);
}
