import { expect, it } from "vitest";
import type { Credentials } from "./contract-table.ts";
import { buyerPays, keyOf, order, paid, paidFact, rowsOf, type Subject, started } from "./subject.ts";
import { openTap, type TappedAnswer } from "./tap.ts";

/** A word that no provider says. */
const unheardOf = "TELEPORTED";

/** An answer in which a member's text is another one; `changed` tells whether there was such a member. */
export function withWord(member: string) {
  let changed = false;
  const pattern = new RegExp(`("${member}"\\s*:\\s*)"[^"]*"`, "g");
  const change = (answer: TappedAnswer): TappedAnswer => {
    const body = answer.body.replace(pattern, `$1"${unheardOf}"`);
    changed ||= body !== answer.body;
    return { ...answer, body };
  };
  return { change, changed: () => changed };
}

/** What a provider says of a payment when it is asked. */
export function proveLook(subject: Subject): void {
  const { table, adapter } = subject;
  const scenes = Object.entries(table.scenes);

  it("names the account that its orders are paid to", async () => {
    const [scene = ""] = Object.keys(table.scenes);
    const [row] = await rowsOf(subject, await paid(subject, scene));
    expect(row?.account).toBe(subject.account);
    expect(adapter.livemode).toBe(false);
  });

  it.each(scenes)("%s: sees an order, then its payment exactly", async (scene, { beginsWithBuyer }) => {
    const payment = await started(subject, scene);
    const { orderNo } = payment;
    const before = { kind: beginsWithBuyer ? "missing" : "open", orderNo };
    expect(await adapter.look(payment)).toMatchObject([before]);

    subject.clock.advance(61_000);
    await buyerPays(subject, payment);
    if (adapter.capture) {
      expect(await adapter.look(payment)).toMatchObject([{ kind: "approved", orderNo }]);
      await adapter.capture(payment, keyOf(payment));
    }
    subject.clock.advance(61_000);
    expect(await adapter.look(payment)).toEqual([await paidFact(subject, payment)]);
  });

  it.each(scenes)("%s: knows nothing of an order that was never made", async (scene) => {
    const { payment } = order(subject, scene);
    const known = { ...payment, payable: { paymentId: "NOBODY", paymentUrl: "", qrCode: "", extraData: {} } };
    const said = await adapter.look(known);
    expect(said).toHaveLength(1);
    expect(["missing", "unrecognised"]).toContain(said[0]?.kind);
  });

  it("says that it does not know a word, and guesses nothing", async () => {
    const [scene = ""] = Object.keys(table.scenes);
    const payment = await paid(subject, scene);
    const word = withWord(table.states.payment);
    const said = await throughTap(subject, word.change, (tapped) => tapped.look(payment));
    expect(word.changed()).toBe(true);
    expect(said).toMatchObject([{ kind: "unrecognised", said: expect.stringContaining(unheardOf) }]);
  });

  // What is not signed nobody can check.
  if (!table.answers) return;
  it("believes no answer that was changed on the way", async () => {
    const [scene = ""] = Object.keys(table.scenes);
    const payment = await paid(subject, scene);
    const word = withWord(table.states.payment);
    const tap = await openTap(subject.simulatorUrl, word.change);
    const said = await subject.open({ baseUrl: tap.url }).look(payment);
    tap.stop();
    expect(word.changed()).toBe(true);
    expect(said).toMatchObject([{ kind: "unknown", orderNo: payment.orderNo }]);
  });
}

/** Asks through a tap that changes answers and signs them, so that the adapter believes them. */
export async function throughTap<T>(
  subject: Subject,
  change: (answer: TappedAnswer) => TappedAnswer,
  ask: (adapter: Subject["adapter"]) => Promise<T>,
): Promise<T> {
  const { trustingUs = (own: Credentials) => own, signedByUs = (answer: TappedAnswer) => answer } =
    subject.table.answers ?? {};
  const tap = await openTap(subject.simulatorUrl, (answer) => signedByUs(change(answer)));
  try {
    return await ask(subject.open({ credentials: trustingUs(subject.credentials), baseUrl: tap.url }));
  } finally {
    tap.stop();
  }
}
