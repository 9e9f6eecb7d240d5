import { beforeAll, describe, expect, it } from "vitest";
import type { Payment } from "../../lib/domain/payment.ts";
import { GatewayError } from "../../lib/errors.ts";
import { aRefund } from "./prove-refund.ts";
import { created, keyOf, order, paid, type Subject, withFaults } from "./subject.ts";

/** `shut`: the provider refused access, so nothing was executed. */
type Fault = { name: string; faults: object; shut?: boolean };

/** Faults after which the outcome is unknown, or which are about our own credentials or limits. */
function faultsOf({ table }: Subject): Fault[] {
  const unverified = (table.answers?.unverified ?? []).map((faults) => ({
    name: `an answer with ${Object.keys(faults)}`,
    faults,
  }));
  return [
    { name: "a connection that breaks after the execution", faults: { timeout_after_success: true } },
    { name: "HTTP 500", faults: { status: 500 } },
    { name: "HTTP 503", faults: { status: 503 } },
    { name: "a page of HTML", faults: { html: true } },
    { name: "HTTP 502 with a page of HTML", faults: { html: true, status: 502 } },
    ...unverified,
    { name: "HTTP 401", faults: { status: 401 }, shut: true },
    { name: "HTTP 403", faults: { status: 403 }, shut: true },
    { name: "HTTP 429", faults: { status: 429, retry_after: 1 }, shut: true },
  ];
}

/** After any fault no method throws, and none reports a fact or a final refusal. */
export function proveAmbiguity(subject: Subject): void {
  const { table, adapter, provider } = subject;
  const scenes = Object.keys(table.scenes);
  const undecided = (shut = false) =>
    expect.toSatisfy(
      ({ kind, ends }: { kind: string; ends?: string }) =>
        kind === "unknown" || (shut && kind === "refused" && ends === "nothing"),
    );

  describe.each(faultsOf(subject))("after $name", ({ name, faults, shut }) => {
    let open: Payment;
    let settled: Payment;
    beforeAll(async () => {
      open = await created(subject, scenes[0]!);
      settled = await paid(subject, scenes[0]!);
    });
    const faulty = <T>(work: () => Promise<T>) => withFaults(subject, faults, work);
    const unknown = (payment: Payment) => [
      { kind: "unknown", orderNo: payment.orderNo, why: expect.stringMatching(/./) },
    ];

    it.each(scenes)(`${provider}'s createPayment for %s after ${name} is unknown`, async (scene) => {
      const { payment, prepared } = order(subject, scene);
      const calls = (await subject.list("calls")).length;
      const said = await faulty(() => adapter.createPayment(payment, prepared, payment.orderNo));
      const offline = table.offline.includes(`createPayment ${scene}`);
      expect((await subject.list("calls")).length > calls).toBe(!offline);
      if (offline) expect(said.kind).toBe("payable");
      else expect(said).toEqual(undecided(shut));
    });

    it(`${provider}'s fetchPayment after ${name} is unknown`, async () => {
      expect(await faulty(() => adapter.fetchPayment(settled))).toEqual(unknown(settled));
    });

    if (adapter.close)
      it(`${provider}'s close after ${name} is unknown`, async () => {
        const said = await faulty(() => adapter.close!(open));
        if (table.offline.includes("close")) expect(said).toMatchObject([{ kind: "closed" }]);
        else expect(said).toEqual(unknown(open));
      });

    if (adapter.refund)
      it(`${provider}'s refund and fetchRefund after ${name} are unknown`, async () => {
        const input = aRefund(subject, settled, 10);
        expect(await faulty(() => adapter.refund!(settled, input))).toEqual(undecided(shut));
        expect((await faulty(() => adapter.fetchRefund!(settled, input))).kind).toBe("unknown");
      });

    if (adapter.capture)
      it(`${provider}'s capture after ${name} is unknown`, async () => {
        const payment = await created(subject, scenes[0]!);
        await subject.control("approve", { order_no: payment.orderNo });
        expect(await faulty(() => adapter.capture!(payment, keyOf(payment)))).toEqual(unknown(payment));
      });

    if (adapter.probe)
      it(`${provider}'s probe after ${name} returns a message`, async () => {
        expect(await faulty(() => adapter.probe!())).toMatch(/\w{3}/);
      });

    if (adapter.register)
      it(`${provider}'s register after ${name} throws a GatewayError`, async () => {
        const register = () => adapter.register!(`${subject.receiver.url}/never`);
        const error = await faulty(() => register().catch((thrown: unknown) => thrown));
        expect(error).toBeInstanceOf(GatewayError);
      });
  });
}
