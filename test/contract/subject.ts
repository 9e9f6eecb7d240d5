import { expect } from "vitest";
import { secondsAfter } from "../../lib/clock.ts";
import type { Payment, Prepared } from "../../lib/domain/payment.ts";
import type {
  NewPayment,
  ParsedWebhook,
  Provider,
  ProviderEvent,
  WebhookCall,
} from "../../lib/domain/provider.ts";
import { type ProviderName, providers } from "../../lib/providers/registry.ts";
import type { LedgerRow } from "../../scripts/sandbox/kernel/serve-simulator.ts";
import type { WebhookLine } from "../../scripts/sandbox/kernel/webhook-sender.ts";
import { newOrder } from "../../scripts/sandbox-check/new-order.ts";
import type { ContractTable, Credentials } from "../kits/contract-table.ts";
import { kits } from "../kits/kits.ts";
import { eventually, type MovableClock, post } from "../sandbox/sandbox.ts";
import { openWebhookReceiver, type WebhookReceiver } from "./webhook-receiver.ts";

export type Opening = { credentials?: Credentials; baseUrl?: string };

/** One provider under test: its adapter with an account of its own at its simulator. */
export type Subject = {
  provider: string;
  table: ContractTable;
  clock: MovableClock;
  credentials: Credentials;
  /** Another merchant's credentials. */
  otherCredentials: Credentials;
  adapter: Provider;
  account: string;
  receiver: WebhookReceiver;
  simulatorUrl: string;
  /** The adapter as another merchant, or at another address. */
  open(opening?: Opening): Provider;
  control(name: string, body: object): Promise<void>;
  list(name: "payments"): Promise<LedgerRow[]>;
  list(name: "webhooks"): Promise<WebhookLine[]>;
  list(name: "calls"): Promise<unknown[]>;
  stop(): void;
};

export async function openSubject(
  provider: ProviderName,
  simulatorUrl: string,
  clock: MovableClock,
): Promise<Subject> {
  const table = kits[provider].contract;
  const entry = providers[provider]!;
  const module = await entry.load();
  const receiver = await openWebhookReceiver(entry.acknowledgement);
  const open = (credentials: Credentials, baseUrl = simulatorUrl) =>
    module.open(module.credentials.parse(credentials), { clock, baseUrl, webhookUrl: receiver.url });

  async function newAccount(): Promise<Credentials> {
    const answer = await post(`${simulatorUrl}/_sim/accounts`, "{}");
    const { account: _, ...credentials } = (await answer.json()) as Credentials;
    return { ...credentials, ...(await open(credentials).register?.(receiver.url)) };
  }
  const [credentials, otherCredentials] = await Promise.all([newAccount(), newAccount()]);
  const adapter = open(credentials);

  return {
    provider,
    table,
    clock,
    credentials,
    otherCredentials,
    adapter,
    account: await adapter.account(),
    receiver,
    simulatorUrl,
    open: (opening = {}) => open(opening.credentials ?? credentials, opening.baseUrl),
    async control(name, body) {
      const answer = await post(`${simulatorUrl}/_sim/${name}`, JSON.stringify(body));
      if (!answer.ok) throw new Error(`_sim/${name}: ${answer.status} ${await answer.text()}`);
    },
    async list<Row>(name: string) {
      return (await (await fetch(`${simulatorUrl}/_sim/${name}`)).json()) as Row[];
    },
    stop: receiver.stop,
  };
}

/** The adapter's optional members. */
export function claimsOf(adapter: Provider): string[] {
  const always = new Set([
    "livemode",
    "account",
    "prepare",
    "createPayment",
    "fetchPayment",
    "parseWebhook",
    "read",
  ]);
  return Object.keys(adapter).filter((name) => !always.has(name));
}

/** An order as it is stored before the provider is called. */
export function order(subject: Subject, scene: string, changes: Partial<NewPayment> = {}) {
  const { provider, account, table, clock, receiver, adapter } = subject;
  const { input, payment } = newOrder({
    provider,
    account,
    scene,
    amount: table.amount,
    now: clock.now(),
    webhookUrl: receiver.url,
    returnUrl: "http://127.0.0.1:9/back",
  });
  const prepared = adapter.prepare({ ...input, ...changes });
  return { payment: { ...payment, ...changes }, prepared: fromDatabase(prepared) };
}

/** A database may return the members of a JSON object in any order. */
function fromDatabase(prepared: Prepared): Prepared {
  const turned = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(turned);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(
      Object.entries(value)
        .reverse()
        .map(([name, member]) => [name, turned(member)]),
    );
  };
  return turned(prepared) as Prepared;
}

/** An order that was created at the provider. */
export async function created(subject: Subject, scene: string): Promise<Payment> {
  const { payment, prepared } = order(subject, scene);
  const answer = await subject.adapter.createPayment(payment, prepared, payment.orderNo);
  if (answer.kind !== "payable") throw new Error(`not created: ${JSON.stringify(answer)}`);
  return { ...payment, status: "pending", version: 1, payable: answer.payable };
}

/** A buyer opens the page, if there is one, and leaves. */
export async function visit({ payable }: Payment): Promise<void> {
  if (payable?.paymentUrl) await (await fetch(payable.paymentUrl)).text();
}

/** A buyer opens the page, if there is one, and pays; where we must capture, this only approves the payment. */
export async function buyerPays(subject: Subject, payment: Payment): Promise<void> {
  await visit(payment);
  await subject.control("pay", { order_no: payment.orderNo });
}

/** An order that is paid, and captured if the provider requires our capture. */
export async function paid(subject: Subject, scene: string): Promise<Payment> {
  const payment = await created(subject, scene);
  await buyerPays(subject, payment);
  await subject.adapter.capture?.(payment, keyOf(payment));
  const [row] = await rowsOf(subject, payment);
  return { ...payment, status: "success", captureKey: keyOf(payment), tradeNo: row?.trade_no ?? "" };
}

/** The idempotency key of the payment's capture. */
export function keyOf({ orderNo }: Payment): string {
  return `${orderNo}-capture`;
}

/** The rows of the provider's own ledger for an order. */
export async function rowsOf(subject: Subject, { orderNo }: Payment): Promise<LedgerRow[]> {
  return (await subject.list("payments")).filter((row) => row.order_no === orderNo);
}

/** The paid event that follows from the provider's own ledger, to the second. */
export async function paidFact(subject: Subject, payment: Payment): Promise<ProviderEvent> {
  const [row, ...more] = await rowsOf(subject, payment);
  if (!row?.paid_at || !row.trade_no || more.length > 0)
    throw new Error(`not paid once: ${JSON.stringify(row)}`);
  const second = Math.floor(Date.parse(row.paid_at) / 1000);
  return {
    kind: "paid",
    orderNo: payment.orderNo,
    account: row.account,
    amount: { minor: row.amount_minor, currency: row.currency },
    tradeNo: row.trade_no,
    objectId: subject.table.namesObjects ? payment.payable!.paymentId : null,
    paidAt: expect.toSatisfy((at: Date) => Math.floor(at.getTime() / 1000) === second),
  };
}

export type Notified = { call: WebhookCall; parsed: ParsedWebhook; about: ProviderEvent[] };

/** Waits for a webhook, among those after the first `from`, with an event of this kind about the order. */
export function notified(
  subject: Subject,
  payment: Payment,
  kind: ProviderEvent["kind"],
  from: number,
): Promise<Notified> {
  const { receiver, adapter, account } = subject;
  return eventually(async () => {
    for (const call of receiver.calls.slice(from)) {
      const parsed = await adapter.parseWebhook(call, account).catch(() => undefined);
      const about = parsed?.events.filter((one) => isAbout(one, payment)) ?? [];
      if (parsed && about.some((one) => one.kind === kind)) return { call, parsed, about };
    }
    throw new Error(`no webhook says ${kind} about ${payment.orderNo}`);
  });
}

/** Compares our number, or the provider's transaction if the event has no number of ours. */
function isAbout(seen: ProviderEvent, { orderNo, tradeNo }: Payment): boolean {
  if ("orderNo" in seen && seen.orderNo !== null) return seen.orderNo === orderNo;
  return tradeNo !== "" && "tradeNo" in seen && seen.tradeNo === tradeNo;
}

/** Runs `work` while the simulator has these faults. */
export async function withFaults<T>(subject: Subject, faults: object, work: () => Promise<T>): Promise<T> {
  await subject.control("faults", faults);
  try {
    return await work();
  } finally {
    await subject.control("faults", {});
  }
}

/** Advances the clock beyond the order's expiry. */
export function letTimePass({ clock }: Subject, payment: Payment): void {
  clock.advance(secondsAfter(payment.expiresAt, 1).getTime() - clock.now().getTime());
}
