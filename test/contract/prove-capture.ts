import { expect, it } from "vitest";
import { created, keyOf, paidFact, rowsOf, type Subject, withFaults } from "./subject.ts";

/** Proves that a capture takes the money of an approved payment exactly once. */
export function proveCapture(subject: Subject): void {
  const { table, adapter, provider } = subject;
  const capture = adapter.capture!;
  const scenes = Object.keys(table.scenes);

  async function approved(scene: string) {
    const payment = await created(subject, scene);
    await subject.control("approve", { order_no: payment.orderNo });
    return { ...payment, captureKey: keyOf(payment) };
  }

  it.each(scenes)(
    `${provider}'s capture for %s takes the money only of an approved payment`,
    async (scene) => {
      const payment = await created(subject, scene);
      const { orderNo } = payment;
      expect(await capture(payment, keyOf(payment))).toMatchObject([{ kind: "open", orderNo }]);
      await subject.control("approve", { order_no: orderNo });
      expect((await rowsOf(subject, payment))[0]?.paid_at).toBeNull();
      const said = await capture(payment, `${keyOf(payment)}-2`);
      expect(said).toEqual([await paidFact(subject, payment)]);
    },
  );

  it.each(scenes)(
    `${provider}'s capture for %s takes the money once, however often it is called`,
    async (scene) => {
      const payment = await approved(scene);
      const ask = () => capture(payment, keyOf(payment));
      const before = (await subject.list("calls")).length;
      const lost = await withFaults(subject, { timeout_after_success: true }, ask);
      expect(lost).toMatchObject([{ kind: "unknown", orderNo: payment.orderNo }]);
      const made = (await subject.list("calls")).slice(before);
      expect(JSON.stringify(made), "the key is sent").toContain(keyOf(payment));
      const fact = await paidFact(subject, payment);
      expect(await Promise.all([ask(), ask()])).toEqual([[fact], [fact]]);
      expect(await capture(payment, `${keyOf(payment)}-other`), "another key").toEqual([fact]);
      expect(await adapter.fetchPayment(payment)).toEqual([fact]);
    },
  );
}
