import type { ProviderEvent } from "../../../lib/domain/provider.ts";
import type { RefundOutcome } from "../../../lib/domain/refund.ts";
import { isCurrency } from "../../../lib/money/currencies.ts";
import type { Money } from "../../../lib/money/money.ts";
import { demand } from "./parser.ts";

/** Lengths of the columns that store these texts. */
const longest = { tradeNo: 255, refundId: 255, eventId: 255, eventType: 128 };

/** Asserts that the database can store this time. */
export function assertStorable(time: Date): void {
  demand(
    time >= new Date("1000-01-01T00:00:00Z") && time < new Date("+010000-01-01T00:00:00Z"),
    "a time that the database cannot store",
  );
}

function assertMoney({ minor, currency }: Money): void {
  demand(Number.isSafeInteger(minor) && minor >= 0 && isCurrency(currency), "an invalid amount");
}

function assertLength(name: keyof typeof longest, text: string | null): void {
  demand(
    text === null || (text !== "" && text.length <= longest[name]),
    `${name} is empty or longer than its column`,
  );
}

/** Asserts that every field of an event is valid and can be stored. */
export function assertFact(seen: ProviderEvent): void {
  if ("amount" in seen) assertMoney(seen.amount);
  if ("total" in seen) assertMoney(seen.total);
  if ("tradeNo" in seen) assertLength("tradeNo", seen.tradeNo);
  if ("refundId" in seen) assertLength("refundId", seen.refundId);
  if ("orderNo" in seen)
    demand(seen.orderNo === null || typeof seen.orderNo === "string", "an invalid order number");
  if (seen.kind === "paid") assertStorable(seen.paidAt);
}

export function assertFacts(seen: readonly ProviderEvent[]): void {
  for (const one of seen) assertFact(one);
}

export function assertParsed({
  eventId,
  eventType,
  events,
}: {
  eventId: string;
  eventType: string;
  events: ProviderEvent[];
}): void {
  assertLength("eventId", eventId);
  demand(eventType.length <= longest.eventType, "eventType is longer than its column");
  assertFacts(events);
}

export function assertOutcome(outcome: RefundOutcome): void {
  if ("refundId" in outcome) assertLength("refundId", outcome.refundId);
}
