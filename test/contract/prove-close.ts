import { expect, it } from "vitest";
import { created, letTimePass, paid, paidFact, rowsOf, type Subject, visit } from "./subject.ts";

/** Proves that `closed` means that the buyer can no longer pay. */
export function proveClose(subject: Subject): void {
  const { table, adapter, provider } = subject;
  const close = adapter.close!;
  const scenes = Object.entries(table.scenes);

  it.each(scenes)(`a closed ${provider} order of %s can never be paid`, async (scene) => {
    const payment = await created(subject, scene);
    await visit(payment);
    // Before the code is scanned the provider has no order that could be closed.
    if (table.scenes[scene]?.beginsWithBuyer) await subject.control("fail", { order_no: payment.orderNo });
    expect(await close(payment)).toMatchObject([{ kind: "closed", orderNo: payment.orderNo }]);
    expect(await close(payment), "a repeat").toMatchObject([{ kind: "closed", orderNo: payment.orderNo }]);
    await subject.control("pay", { order_no: payment.orderNo }).catch(() => undefined);
    const rows = await rowsOf(subject, payment);
    expect(rows.map(({ status, paid_at }) => ({ paid: status === "paid" || paid_at !== null }))).toEqual([
      { paid: false },
    ]);
  });

  it.each(scenes)(`closing a paid ${provider} order of %s reports the payment`, async (scene) => {
    const payment = await paid(subject, scene);
    expect(await close(payment)).toEqual([await paidFact(subject, payment)]);
  });

  it.each(scenes.filter(([, { beginsWithBuyer }]) => beginsWithBuyer))(
    `a ${provider} order of %s that no buyer has opened can be closed only after it has expired`,
    async (scene) => {
      const payment = await created(subject, scene);
      const why = expect.stringContaining(payment.expiresAt.toISOString());
      expect(await close(payment)).toEqual([{ kind: "open", orderNo: payment.orderNo, why }]);
      letTimePass(subject, payment);
      expect(await close(payment)).toMatchObject([{ kind: "closed", orderNo: payment.orderNo }]);
    },
  );
}
