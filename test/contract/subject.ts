import { expect } from "vitest";
import { secondsAfter } from "../../lib/clock.ts";
import type { Payment } from "../../lib/payment/payment.ts";
import type {
  Heard,
  NewPayment,
  Observation,
  Prepared,
  Provider,
  WebhookCall,
} from "../../lib/payment/provider.ts";
import { providers } from "../../lib/providers/registry.ts";
import type { LedgerRow } from "../../scripts/sandbox/kernel/serve-simulator.ts";
import type { WebhookLine } from "../../scripts/sandbox/kernel/webhook-sender.ts";
import { newOrder } from "../../scripts/sandbox-check/new-order.ts";
import { eventually, type MovableClock, post } from "../sandbox/sandbox.ts";
import type { ContractTable, Credentials } from "./contract-table.ts";
import { openWebhookReceiver, type WebhookReceiver } from "./webhook-receiver.ts";

export type Opening = { credentials?: Credentials; baseUrl?: string };

/** One provider under test: its adapter with an account of its own at its simulator. */
export type Subject = {
  provider: string;
  table: ContractTable;
  clock: MovableClock;
  credentials: Credentials;
  /** Another merchant's. */
  otherCredentials: Credentials;
  adapter: Provider;
  account: string;
  receiver: WebhookReceiver;
  simulatorUrl: string;
  /** The adapter as another merchant, or at another address. */
  open(opening?: Opening): Provider;
  tell(name: string, body: object): Promise<void>;
  list(name: "payments"): Promise<LedgerRow[]>;
  list(name: "webhooks"): Promise<WebhookLine[]>;
  list(name: "calls"): Promise<unknown[]>;
  stop(): void;
};

export async function openSubject(
  provider: string,
  simulatorUrl: string,
  clock: MovableClock,
): Promise<Subject> {
  const { table } = (await import(`./${provider}.ts`)) as { table: ContractTable };
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
    async tell(name, body) {
      const answer = await post(`${simulatorUrl}/_sim/${name}`, JSON.stringify(body));
      if (!answer.ok) throw new Error(`_sim/${name}: ${answer.status} ${await answer.text()}`);
    },
    async list<Row>(name: string) {
      return (await (await fetch(`${simulatorUrl}/_sim/${name}`)).json()) as Row[];
    },
    stop: receiver.stop,
  };
}

/** Everything that the adapter can do beyond what every provider must. */
export function claimsOf(adapter: Provider): string[] {
  const always = new Set(["livemode", "account", "prepare", "start", "look", "hear", "read"]);
  return Object.keys(adapter).filter((name) => !always.has(name));
}

/** An order as it is stored before the provider is asked. */
export function order(subject: Subject, scene: string, changes: Partial<NewPayment> = {}) {
  const { provider, account, table, clock, receiver, adapter } = subject;
  const { wanted, payment } = newOrder({
    provider,
    account,
    scene,
    amount: table.amount,
    now: clock.now(),
    webhookUrl: receiver.url,
    returnUrl: "http://127.0.0.1:9/back",
  });
  const prepared = adapter.prepare({ ...wanted, ...changes });
  return { payment: { ...payment, ...changes }, prepared: fromDatabase(prepared) };
}

/** A database may give the members of a JSON object back in any order. */
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

/** An order that the provider has made. */
export async function started(subject: Subject, scene: string): Promise<Payment> {
  const { payment, prepared } = order(subject, scene);
  const answer = await subject.adapter.start(payment, prepared, payment.orderNo);
  if (answer.kind !== "payable") throw new Error(`not started: ${JSON.stringify(answer)}`);
  return { ...payment, status: "pending", version: 1, payable: answer.payable };
}

/** A buyer opens the page, if there is one, and leaves. */
export async function visit({ payable }: Payment): Promise<void> {
  if (payable?.paymentUrl) await (await fetch(payable.paymentUrl)).text();
}

/** A buyer opens the page, if there is one, and pays; what needs our capture is approved then. */
export async function buyerPays(subject: Subject, payment: Payment): Promise<void> {
  await visit(payment);
  await subject.tell("pay", { order_no: payment.orderNo });
}

/** An order that is paid, and captured where that is ours to do. */
export async function paid(subject: Subject, scene: string): Promise<Payment> {
  const payment = await started(subject, scene);
  await buyerPays(subject, payment);
  await subject.adapter.capture?.(payment, keyOf(payment));
  const [row] = await rowsOf(subject, payment);
  return { ...payment, status: "success", captureKey: keyOf(payment), tradeNo: row?.trade_no ?? "" };
}

/** The capture's key. */
export function keyOf({ orderNo }: Payment): string {
  return `${orderNo}-capture`;
}

/** What the provider's own books hold for an order. */
export async function rowsOf(subject: Subject, { orderNo }: Payment): Promise<LedgerRow[]> {
  return (await subject.list("payments")).filter((row) => row.order_no === orderNo);
}

/** The paid fact that the provider's own books demand, to the second. */
export async function paidFact(subject: Subject, payment: Payment): Promise<Observation> {
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

export type Told = { call: WebhookCall; heard: Heard; about: Observation[] };

/** Waits for a webhook, among those after the first `from`, that says something of this kind about the order. */
export function told(
  subject: Subject,
  payment: Payment,
  kind: Observation["kind"],
  from: number,
): Promise<Told> {
  const { receiver, adapter, account } = subject;
  return eventually(async () => {
    for (const call of receiver.calls.slice(from)) {
      const heard = await adapter.hear(call, account).catch(() => undefined);
      const about = heard?.observations.filter((one) => isAbout(one, payment)) ?? [];
      if (heard && about.some((one) => one.kind === kind)) return { call, heard, about };
    }
    throw new Error(`no webhook says ${kind} about ${payment.orderNo}`);
  });
}

/** By our number, or where an event has none by the provider's transaction. */
function isAbout(seen: Observation, { orderNo, tradeNo }: Payment): boolean {
  if ("orderNo" in seen && seen.orderNo !== null) return seen.orderNo === orderNo;
  return tradeNo !== "" && "tradeNo" in seen && seen.tradeNo === tradeNo;
}

/** Runs with faults in force at the simulator. */
export async function withFaults<T>(subject: Subject, faults: object, work: () => Promise<T>): Promise<T> {
  await subject.tell("faults", faults);
  try {
    return await work();
  } finally {
    await subject.tell("faults", {});
  }
}

/** Beyond the life of every order. */
export function letTimePass({ clock }: Subject, payment: Payment): void {
  clock.advance(secondsAfter(payment.expiresAt, 1).getTime() - clock.now().getTime());
}
