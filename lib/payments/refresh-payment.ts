import { randomUUID } from "node:crypto";
import { secondsAfter } from "../clock.ts";
import type { OpenConfig } from "../domain/config.ts";
import type { Payment } from "../domain/payment.ts";
import { isUnmade, type PaymentState, publicStatus } from "../domain/payment-state.ts";
import { nextPoll } from "../domain/poll-schedule.ts";
import type { ProviderEvent } from "../domain/provider.ts";
import { GatewayError } from "../errors.ts";
import type { Gateway } from "../gateway.ts";
import { log, nameOf } from "../log.ts";
import { claimCapture, endCapture } from "../storage/payments/captures.ts";
import { claimClose, endClose } from "../storage/payments/close-or-fail.ts";
import { findOrder } from "../storage/payments/find-order.ts";
import { takeCreateLease } from "../storage/payments/provider-requests.ts";
import { addLog } from "../storage/timeline.ts";
import { about, applyEvents, originOf } from "./apply-events.ts";
import { alarmUnlisted, askProvider, type ProviderCall } from "./ask-provider.ts";
import { createAtProvider, leaseSeconds, repeatableUntil } from "./create-at-provider.ts";

/** `silent`: the provider did not respond to every call; `unclear`: its answers contain nothing usable. */
export type Refreshed = { kind: "answered" } | { kind: "silent" | "unclear"; why: string };

/**
 * Fetches a payment from the provider and applies the answer. It also finishes what was begun: a create of unknown
 * outcome is repeated under its own key, and a payment that has expired or should be closed is closed at the provider.
 * Never throws because of the provider. `quiet`: writes a timeline line only if something changed.
 */
export async function refreshPayment(
  gateway: Gateway,
  payment: Payment,
  { quiet }: { quiet: boolean } = { quiet: false },
): Promise<Refreshed> {
  try {
    const config = await gateway.configs.of(payment);
    if (lacksLink(payment) && (await resume(gateway, payment, config))) return { kind: "answered" };
    const { current, events } = await ask(gateway, payment, config);
    const line = {
      at: gateway.clock.now(),
      kind: "look_up",
      title: `asked ${payment.provider}`,
      data: { answer: events.map(summary) },
    };
    // mutation: quiet-poll-unlogged
    if (!quiet) await addLog(gateway.db, payment, line);
    await applyEvents(gateway, current, events, originOf(config, "poll"));
    if (quiet && (await hasChanged(gateway, payment))) await addLog(gateway.db, payment, line);
    return outcomeOf(payment, events);
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    log.warn("fetch from the provider failed", {
      ...about(payment),
      reason: error.message,
      ...nameOf(error),
    });
    // A final refusal is an answer, and the payment has failed by it.
    return error.failure === "create_refused" ? { kind: "answered" } : { kind: "silent", why: error.message };
  }
}

async function hasChanged({ db }: Gateway, { userId, orderNo, version }: Payment): Promise<boolean> {
  return (await findOrder(db, userId, { orderNo }))?.payment.version !== version;
}

function outcomeOf({ status }: Payment, events: ProviderEvent[]): Refreshed {
  if (events.length === 0)
    return { kind: "unclear", why: "it is not created yet: there is nothing to fetch" };
  for (const seen of events) {
    if (seen.kind === "unknown") return { kind: "silent", why: seen.why };
    // A refund without an amount may still be reported in full, if this same fetch found the payment.
    if (seen.kind === "refetch" && status !== "success") return { kind: "silent", why: seen.why };
  }
  const unrecognised = events.find((seen) => seen.kind === "unrecognised");
  return unrecognised
    ? { kind: "unclear", why: `its answer is not recognised: ${unrecognised.said}` }
    : { kind: "answered" };
}

/** Longer than the two calls of a capture may take. */
const captureSeconds = 20;

/**
 * Repeats a create whose outcome is unknown, while the order may still be paid. A payment in transit exists at the
 * provider, which returns the same answer again. `true`: the create was repeated.
 */
async function resume(gateway: Gateway, payment: Payment, { adapter }: OpenConfig): Promise<boolean> {
  const now = gateway.clock.now();
  // mutation: create-key-expired
  const over = repeatableUntil(payment, adapter) <= now;
  // mutation: create-after-expiry
  if (payment.state !== "in_transit" && (over || payment.closeRequested)) return false;
  const leased = await takeCreateLease(gateway.db, payment, {
    leaseToken: randomUUID(),
    leaseUntil: secondsAfter(now, leaseSeconds),
    now,
  });
  if (!leased) return false;
  await createAtProvider(gateway, leased, /* mutation: create-resumed-unanswered */ { answered: false });
  return true;
}

/** One call about a payment; a code that is not in the provider's table raises an anomaly. */
async function said(
  gateway: Gateway,
  payment: Payment,
  call: ProviderCall,
  ask: () => Promise<ProviderEvent[]>,
): Promise<ProviderEvent[]> {
  const { orderNo } = payment;
  const broken = (why: string): ProviderEvent[] => [{ kind: "unknown", orderNo, why }];
  const events = await askProvider(call, payment, { ask, broken });
  for (const seen of events) {
    if (!("unlisted" in seen) || !seen.unlisted) continue;
    await alarmUnlisted(gateway, payment, { call, code: seen.unlisted, now: gateway.clock.now() });
  }
  return events;
}

/** The provider's events, and the payment after what was done because of them. */
type Answered = { current: Payment; events: ProviderEvent[] };

/** What a poll does beyond fetching, by the payment's state and whether it should end now. */
type Step = "wait" | "fetch" | "capture" | "reopen" | "end";

const steps: Record<PaymentState, { open: Step; ending: Step }> = {
  // Another caller holds the lease on the create, or its outcome has just become known.
  created: { open: "wait", ending: "end" },
  requested: { open: "wait", ending: "end" },
  requested_unknown: { open: "wait", ending: "end" },
  payable: { open: "capture", ending: /* mutation: capture-while-ending */ "end" },
  // The process that closed it has died, and nobody asks for the close any more.
  closing: { open: "reopen", ending: "end" },
  capturing: { open: "capture", ending: "end" },
  in_transit: { open: "capture", ending: "end" },
  charging: { open: "fetch", ending: "fetch" },
  reversing: { open: "fetch", ending: "fetch" },
  // Ended here, but it may still be open at the provider.
  failed: { open: "fetch", ending: "end" },
  closed: { open: "fetch", ending: "end" },
  paid: { open: "fetch", ending: "fetch" },
};

async function ask(gateway: Gateway, payment: Payment, config: OpenConfig): Promise<Answered> {
  const { adapter } = config;
  const { state } = payment;
  const end = payment.payable === null ? repeatableUntil(payment, adapter) : payment.expiresAt;
  const over = end <= gateway.clock.now() && /* mutation: expiry-in-transit */ state !== "in_transit";
  const step = steps[state][over || payment.closeRequested ? "ending" : "open"];
  if (step === "wait") return { current: payment, events: [] };
  const events = await said(gateway, payment, "query", () => adapter.fetchPayment(payment));
  const isSeen = (...kinds: ProviderEvent["kind"][]) => events.some(({ kind }) => kinds.includes(kind));
  if (step === "end") {
    if (payment.payable === null) return endUnmade(gateway, payment, { config, events });
    if (isSeen("open", "missing", "approved")) return closeAfter(gateway, payment, { config, events });
  }
  if (step === "capture" && isSeen("approved")) return capture(gateway, payment, config, events);
  if (step === "reopen" && isSeen("open")) return { current: await endClose(gateway.db, payment), events };
  return { current: payment, events };
}

/** The provider's earlier events, and the config to close with. */
type Fetched = { config: OpenConfig; events: ProviderEvent[] };

/**
 * No link was handed out, so no buyer can have paid. A provider that can be queried by our order number was queried all
 * the same, and an order that it created without our knowledge is closed.
 */
async function endUnmade(gateway: Gateway, payment: Payment, { config, events }: Fetched): Promise<Answered> {
  const isPaying =
    payment.state === "in_transit" || events.some(({ kind }) => kind === "paid" || kind === "in_transit");
  if (isPaying) return { current: payment, events };
  if (events.some(({ kind }) => kind === "open")) return closeAfter(gateway, payment, { config, events });
  const why = "it ended before the provider gave a link";
  return { current: payment, events: [...events, { kind: "closed", orderNo: payment.orderNo, why }] };
}

async function closeAfter(
  gateway: Gateway,
  payment: Payment,
  { config, events }: Fetched,
): Promise<Answered> {
  const closed = await closeAt(gateway, payment, config);
  return { current: closed.current, events: [...events, ...closed.events] };
}

/** Closes a payment at a provider that supports it. A payment that a buyer may be paying is claimed first. */
export async function closeAt(
  gateway: Gateway,
  payment: Payment,
  { adapter }: OpenConfig,
): Promise<Answered> {
  const { close } = adapter;
  if (!close) return { current: payment, events: [] };
  const current = await claimed(gateway, payment);
  const events = await said(gateway, current, "close", () => close(current));
  // mutation: close-refused-payable
  if (current.state === "closing" && events.some(({ kind }) => kind === "open"))
    return { current: await endClose(gateway.db, current), events };
  return { current, events };
}

/** The payment as `closing`; as it is now if it has changed since it was read, or cannot be paid. */
async function claimed(gateway: Gateway, payment: Payment): Promise<Payment> {
  if (payment.state !== "payable" && payment.state !== "closing") return payment;
  const { userId, orderNo } = payment;
  return (
    (await claimClose(gateway.db, payment)) ??
    (await findOrder(gateway.db, userId, { orderNo }))?.payment ??
    payment
  );
}

/** Without a link, although it has not ended: a repeat of its create call returns the same answer. */
function lacksLink({ payable, state }: Payment): boolean {
  return payable === null && (isUnmade(state) || state === "in_transit");
}

/**
 * claimCapture and the call: after the buyer's approval one caller at a time captures. An unclear answer keeps the
 * key, so the next try repeats the same request.
 */
async function capture(
  gateway: Gateway,
  payment: Payment,
  { adapter, account, livemode }: OpenConfig,
  seen: ProviderEvent[],
): Promise<Answered> {
  const now = gateway.clock.now();
  const key = /* mutation: capture-key-stored */ payment.captureKey ?? randomUUID();
  const end = secondsAfter(now, captureSeconds);
  const claim = { key, until: end, nextPollAt: end, account, livemode };
  const { capture: take } = adapter;
  const claimed = take ? await claimCapture(gateway.db, payment, { ...claim, now }) : null;
  if (!claimed || !take) return { current: payment, events: seen };
  const captured = await said(gateway, claimed, "capture", () => take(claimed, key));
  const events = [...seen, ...captured];
  const ended = captured.find(({ kind }) => kind === "open" || kind === "failed");
  if (!ended || !("why" in ended)) return { current: claimed, events };
  const endedAt = gateway.clock.now();
  // Not before the next regular poll: the same card would be declined again and again.
  await endCapture(gateway.db, claimed, {
    why: ended.why,
    now: endedAt,
    nextPollAt: nextPoll(payment, endedAt),
  });
  // The row as `endCapture` has left it: a failed order is ended from this version.
  const payable = { state: "payable", status: publicStatus.payable, captureKey: null } as const;
  const current: Payment = { ...claimed, ...payable, version: claimed.version + 1 };
  return { current, events };
}

function summary(seen: ProviderEvent): Record<string, unknown> {
  if (seen.kind === "paid")
    return {
      kind: seen.kind,
      trade_no: seen.tradeNo,
      amount_minor: seen.amount.minor,
      currency: seen.amount.currency,
    };
  if ("why" in seen) return { kind: seen.kind, why: seen.why };
  if (seen.kind === "unrecognised") return { kind: seen.kind, said: seen.said };
  return { kind: seen.kind, trade_no: seen.tradeNo };
}
