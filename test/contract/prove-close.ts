import { expect, it } from "vitest";
import { letTimePass, paid, paidFact, rowsOf, type Subject, started, visit } from "./subject.ts";

/** `closed` means that no money can come any more. */
export function proveClose(subject: Subject): void {
  const { table, adapter } = subject;
  const close = adapter.close!;
  const scenes = Object.entries(table.scenes);

  it.each(scenes)("%s: an order that is closed is never paid", async (scene) => {
    const payment = await started(subject, scene);
    await visit(payment);
    // A code of which the provider knows nothing before it is scanned.
    if (table.scenes[scene]?.beginsWithBuyer) await subject.tell("fail", { order_no: payment.orderNo });
    expect(await close(payment)).toMatchObject([{ kind: "closed", orderNo: payment.orderNo }]);
    expect(await close(payment), "a repeat").toMatchObject([{ kind: "closed", orderNo: payment.orderNo }]);
    await subject.tell("pay", { order_no: payment.orderNo }).catch(() => undefined);
    const rows = await rowsOf(subject, payment);
    expect(rows.map(({ status, paid_at }) => ({ paid: status === "paid" || paid_at !== null }))).toEqual([
      { paid: false },
    ]);
  });

  it.each(scenes)("%s: an order that is paid is not closed", async (scene) => {
    const payment = await paid(subject, scene);
    expect(await close(payment)).toEqual([await paidFact(subject, payment)]);
  });

  it.each(scenes.filter(([, { beginsWithBuyer }]) => beginsWithBuyer))(
    "%s: what no buyer has opened stays open until its time is over",
    async (scene) => {
      const payment = await started(subject, scene);
      const why = expect.stringContaining(payment.expiresAt.toISOString());
      expect(await close(payment)).toEqual([{ kind: "open", orderNo: payment.orderNo, why }]);
      letTimePass(subject, payment);
      expect(await close(payment)).toMatchObject([{ kind: "closed", orderNo: payment.orderNo }]);
    },
  );
}
