import { expect, it } from "vitest";
import type { Credentials } from "../kits/contract-table.ts";
import { type ProxiedAnswer, startProviderProxy } from "../steps/provider-proxy.ts";
import { buyerPays, created, keyOf, order, paid, paidFact, rowsOf, type Subject } from "./subject.ts";

/** A status that no provider has. */
const unknownTo = "TELEPORTED";

/** Replaces a member's text in an answer; `changed` tells whether the answer had the member. */
export function withWord(member: string) {
  let changed = false;
  const pattern = new RegExp(`("${member}"\\s*:\\s*)"[^"]*"`, "g");
  const change = (answer: ProxiedAnswer): ProxiedAnswer => {
    const body = answer.body.replace(pattern, `$1"${unknownTo}"`);
    changed ||= body !== answer.body;
    return { ...answer, body };
  };
  return { change, changed: () => changed };
}

/** Proves what fetchPayment reports. */
export function proveFetchPayment(subject: Subject): void {
  const { table, adapter, provider } = subject;
  const scenes = Object.entries(table.scenes);

  it(`${provider}'s adapter names the account that its orders are paid to`, async () => {
    const [scene = ""] = Object.keys(table.scenes);
    const [row] = await rowsOf(subject, await paid(subject, scene));
    expect(row?.account).toBe(subject.account);
    expect(adapter.livemode).toBe(false);
  });

  it.each(scenes)(
    `${provider}'s fetchPayment for %s reports the order, then its exact payment`,
    async (scene, { beginsWithBuyer }) => {
      const payment = await created(subject, scene);
      const { orderNo } = payment;
      const before = { kind: beginsWithBuyer ? "missing" : "open", orderNo };
      expect(await adapter.fetchPayment(payment)).toMatchObject([before]);

      subject.clock.advance(61_000);
      await buyerPays(subject, payment);
      if (adapter.capture) {
        expect(await adapter.fetchPayment(payment)).toMatchObject([{ kind: "approved", orderNo }]);
        await adapter.capture(payment, keyOf(payment));
      }
      subject.clock.advance(61_000);
      expect(await adapter.fetchPayment(payment)).toEqual([await paidFact(subject, payment)]);
    },
  );

  it.each(scenes)(
    `${provider}'s fetchPayment for %s does not find an order that was never created`,
    async (scene) => {
      const { payment } = order(subject, scene);
      const stored = {
        ...payment,
        payable: { paymentId: "NOBODY", paymentUrl: "", qrCode: "", extraData: {} },
      };
      const said = await adapter.fetchPayment(stored);
      expect(said).toHaveLength(1);
      expect(["missing", "unrecognised"]).toContain(said[0]?.kind);
    },
  );

  it(`${provider}'s fetchPayment reports an unknown status as unrecognised`, async () => {
    const [scene = ""] = Object.keys(table.scenes);
    const payment = await paid(subject, scene);
    const word = withWord(table.states.payment);
    const said = await throughProxy(subject, word.change, (adapter) => adapter.fetchPayment(payment));
    expect(word.changed()).toBe(true);
    expect(said).toMatchObject([{ kind: "unrecognised", said: expect.stringContaining(unknownTo) }]);
  });

  // Only signed answers can be checked for changes.
  if (!table.answers) return;
  it(`${provider}'s fetchPayment is unknown if the signed answer was changed`, async () => {
    const [scene = ""] = Object.keys(table.scenes);
    const payment = await paid(subject, scene);
    const word = withWord(table.states.payment);
    const proxy = await startProviderProxy(subject.simulatorUrl, { onAnswer: word.change });
    const said = await subject.open({ baseUrl: proxy.url }).fetchPayment(payment);
    proxy.stop();
    expect(word.changed()).toBe(true);
    expect(said).toMatchObject([{ kind: "unknown", orderNo: payment.orderNo }]);
  });
}

/** Calls through a proxy that changes the answers and signs them, so that the adapter accepts them. */
export async function throughProxy<T>(
  subject: Subject,
  change: (answer: ProxiedAnswer) => ProxiedAnswer,
  ask: (adapter: Subject["adapter"]) => Promise<T>,
): Promise<T> {
  const { trustingUs = (own: Credentials) => own, signedByUs = (answer: ProxiedAnswer) => answer } =
    subject.table.answers ?? {};
  const proxy = await startProviderProxy(subject.simulatorUrl, {
    onAnswer: (answer) => signedByUs(change(answer)),
  });
  try {
    return await ask(subject.open({ credentials: trustingUs(subject.credentials), baseUrl: proxy.url }));
  } finally {
    proxy.stop();
  }
}
