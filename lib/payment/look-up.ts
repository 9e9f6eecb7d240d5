import { randomUUID } from "node:crypto";
import { type Clock, secondsAfter } from "../clock.ts";
import { GatewayError } from "../errors.ts";
import { log, nameOf } from "../log.ts";
import { alarmUnlisted, askProvider, type ProviderCall } from "./ask-provider.ts";
import type { Configs, OpenConfig } from "./config-ports.ts";
import { nextLookUp } from "./look-up-schedule.ts";
import { about, type ObserveGateway, observe } from "./observe.ts";
import type { Payment } from "./payment.ts";
import type { Timeline } from "./ports.ts";
import type { Observation } from "./provider.ts";
import type { SceneLives } from "./scene-life.ts";
import { leaseSeconds, startableUntil, startPayment } from "./start-payment.ts";

/** `silent`: the provider did not tell all that we asked; `unclear`: it told nothing that can be used. */
export type LookedUp = { kind: "answered" } | { kind: "silent" | "unclear"; why: string };

export type LookUpGateway = ObserveGateway &
  SceneLives & { configs: Configs; timeline: Timeline; clock: Clock };

/**
 * Asks the provider about a payment that is not settled and applies the answer. What was begun is finished here: a create
 * whose outcome is unknown is repeated under its own key, an expired or unwanted payment is closed at the provider.
 * Never throws for what a provider does or fails to do. `quiet`: the timeline has a line only where there was news.
 */
export async function lookUp(
  gateway: LookUpGateway,
  payment: Payment,
  { quiet }: { quiet: boolean } = { quiet: false },
): Promise<LookedUp> {
  try {
    const config = await gateway.configs.of(payment);
    if (
      payment.payable === null &&
      payment.status === "processing" &&
      (await resume(gateway, payment, config))
    )
      return { kind: "answered" };
    const { current, observations } = await ask(gateway, payment, config);
    const line = {
      at: gateway.clock.now(),
      kind: "look_up",
      title: `asked ${payment.provider}`,
      data: { answer: observations.map(summary) },
    };
    // mutation: quiet-look-unlogged
    if (!quiet) await gateway.timeline.add(payment, line);
    await observe(gateway, current, observations, { ...config, configId: config.id, told: "look-up" });
    if (quiet && (await hasChanged(gateway, payment))) await gateway.timeline.add(payment, line);
    return lookedUp(payment, observations);
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    log.warn("look-up failed", { ...about(payment), reason: error.message, ...nameOf(error) });
    // A final refusal is an answer, and the payment has failed by it.
    return error.failure === "create_refused" ? { kind: "answered" } : { kind: "silent", why: error.message };
  }
}

async function hasChanged(
  { orders }: LookUpGateway,
  { userId, orderNo, version }: Payment,
): Promise<boolean> {
  return (await orders.find(userId, { orderNo }))?.payment.version !== version;
}

function lookedUp({ status }: Payment, observations: Observation[]): LookedUp {
  if (observations.length === 0)
    return { kind: "unclear", why: "it is not made yet: there is nothing to ask about" };
  for (const seen of observations) {
    if (seen.kind === "unknown") return { kind: "silent", why: seen.why };
    // A refund that was hinted at may be told yet, when it was the same look that found the payment.
    if (seen.kind === "hint" && status !== "success") return { kind: "silent", why: seen.why };
  }
  const strange = observations.find((seen) => seen.kind === "unrecognised");
  return strange
    ? { kind: "unclear", why: `it said something unknown here: ${strange.said}` }
    : { kind: "answered" };
}

/** Longer than the two calls of a capture may take. */
const captureSeconds = 20;

/**
 * Repeats a create whose outcome is unknown, while the order may still be paid; one that the provider has started it must
 * have made, and it answers the same again. True: the payment has moved on.
 */
async function resume(gateway: LookUpGateway, payment: Payment, { adapter }: OpenConfig): Promise<boolean> {
  const now = gateway.clock.now();
  // mutation: create-key-forgotten
  const over = startableUntil(payment, adapter) <= now;
  // mutation: create-after-expiry
  if (!payment.providerStarted && (over || payment.closeRequested)) return false;
  const leased = await gateway.orders.takeOver(payment, randomUUID(), secondsAfter(now, leaseSeconds), now);
  if (!leased) return false;
  await startPayment(gateway, leased, /* mutation: create-resumed-unanswered */ { answered: false });
  return true;
}

/** One question about a payment; what is not in the provider's table of codes is told to a person. */
async function said(
  gateway: LookUpGateway,
  payment: Payment,
  call: ProviderCall,
  ask: () => Promise<Observation[]>,
): Promise<Observation[]> {
  const { orderNo } = payment;
  const broken = (why: string): Observation[] => [{ kind: "unknown", orderNo, why }];
  const observations = await askProvider(call, payment, { ask, broken });
  for (const seen of observations) {
    if (!("unlisted" in seen) || !seen.unlisted) continue;
    await alarmUnlisted(gateway, payment, { call, code: seen.unlisted, now: gateway.clock.now() });
  }
  return observations;
}

/** What the provider says, and the payment as it is after what we did on hearing it. */
type Asked = { current: Payment; observations: Observation[] };

async function ask(gateway: LookUpGateway, payment: Payment, config: OpenConfig): Promise<Asked> {
  const { adapter } = config;
  const end = payment.payable === null ? startableUntil(payment, adapter) : payment.expiresAt;
  const over = end <= gateway.clock.now() && /* mutation: expiry-provider-started */ !payment.providerStarted;
  const unwanted = over || payment.closeRequested;
  if (payment.payable === null) {
    const seen = unwanted || payment.providerStarted ? await askUnmade(gateway, payment, config) : [];
    return { current: payment, observations: seen };
  }
  const seen = await said(gateway, payment, "query", () => adapter.look(payment));
  if (seen.some(({ kind }) => kind === "approved") && /* mutation: capture-unwanted */ !unwanted)
    return capture(gateway, payment, config, seen);
  const unpaid = seen.some(({ kind }) => kind === "open" || kind === "missing" || kind === "approved");
  const isPaid = payment.status === "success";
  if (!unpaid || !unwanted || isPaid || !adapter.close) return { current: payment, observations: seen };
  return { current: payment, observations: [...seen, ...(await closeAt(gateway, payment, config))] };
}

/** Closes a payment at a provider that can, and answers what it says of it. */
export async function closeAt(
  gateway: LookUpGateway,
  payment: Payment,
  { adapter }: OpenConfig,
): Promise<Observation[]> {
  const { close } = adapter;
  return close ? said(gateway, payment, "close", () => close(payment)) : [];
}

/**
 * T9: the buyer has approved, so the money is taken, by one caller at a time. An unclear answer keeps the key: whoever
 * comes next asks under the same one.
 */
async function capture(
  gateway: LookUpGateway,
  payment: Payment,
  { adapter, account, livemode }: OpenConfig,
  seen: Observation[],
): Promise<Asked> {
  const now = gateway.clock.now();
  const key = /* mutation: capture-key-stored */ payment.captureKey ?? randomUUID();
  const end = secondsAfter(now, captureSeconds);
  const wanted = { key, until: end, nextQueryAt: end, account, livemode };
  const { capture: take } = adapter;
  const claimed = take ? await gateway.orders.claimCapture(payment, wanted, now) : null;
  if (!claimed || !take) return { current: payment, observations: seen };
  const taken = await said(gateway, claimed, "capture", () => take(claimed, key));
  const observations = [...seen, ...taken];
  const ended = taken.find(({ kind }) => kind === "open" || kind === "failed");
  if (!ended || !("why" in ended)) return { current: claimed, observations };
  const endedAt = gateway.clock.now();
  // Not sooner than any other look: the same card would be declined over and over.
  await gateway.orders.endCapture(claimed, ended.why, endedAt, nextLookUp(payment, endedAt));
  // What `endCapture` has made of it: an order that has failed is concluded from there.
  const current: Payment = { ...claimed, status: "pending", version: claimed.version + 1, captureKey: null };
  return { current, observations };
}

/**
 * No link was ever handed out, so nobody can have paid; a provider that can be asked by our own number is asked all the
 * same, and what it has made without our knowledge is closed there.
 */
async function askUnmade(
  gateway: LookUpGateway,
  payment: Payment,
  config: OpenConfig,
): Promise<Observation[]> {
  const seen = await said(gateway, payment, "query", () => config.adapter.look(payment));
  if (payment.providerStarted || seen.some(({ kind }) => kind === "paid" || kind === "started")) return seen;
  if (seen.some(({ kind }) => kind === "open"))
    return [...seen, ...(await closeAt(gateway, payment, config))];
  return [
    ...seen,
    { kind: "closed", orderNo: payment.orderNo, why: "it ended before the provider gave a link" },
  ];
}

function summary(seen: Observation): Record<string, unknown> {
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
