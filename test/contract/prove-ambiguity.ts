import { beforeAll, describe, expect, it } from "vitest";
import { GatewayError } from "../../lib/errors.ts";
import type { Payment } from "../../lib/payment/payment.ts";
import { aRefund } from "./prove-refund.ts";
import { keyOf, order, paid, type Subject, started, withFaults } from "./subject.ts";

type Fault = { name: string; faults: object /** We were not let in: nothing was done. */; shut?: boolean };

/** Ways in which nobody knows, or in which our own credentials or limits are the reason. */
function faultsOf({ table }: Subject): Fault[] {
  const unverified = (table.answers?.unverified ?? []).map((faults) => ({
    name: `an answer with ${Object.keys(faults)}`,
    faults,
  }));
  return [
    { name: "a connection that breaks after the deed", faults: { timeout_after_success: true } },
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

/** Whatever comes in place of an answer, no method throws, and none makes a fact or a final refusal of it. */
export function proveAmbiguity(subject: Subject): void {
  const { table, adapter } = subject;
  const scenes = Object.keys(table.scenes);
  const undecided = (shut = false) =>
    expect.toSatisfy(
      ({ kind, ends }: { kind: string; ends?: string }) =>
        kind === "unknown" || (shut && kind === "refused" && ends === "nothing"),
    );

  describe.each(faultsOf(subject))("after $name", ({ faults, shut }) => {
    let open: Payment;
    let settled: Payment;
    beforeAll(async () => {
      open = await started(subject, scenes[0]!);
      settled = await paid(subject, scenes[0]!);
    });
    const faulty = <T>(work: () => Promise<T>) => withFaults(subject, faults, work);
    const unknown = (payment: Payment) => [
      { kind: "unknown", orderNo: payment.orderNo, why: expect.stringMatching(/./) },
    ];

    it.each(scenes)("start %s: it is not known", async (scene) => {
      const { payment, prepared } = order(subject, scene);
      const calls = (await subject.list("calls")).length;
      const said = await faulty(() => adapter.start(payment, prepared, payment.orderNo));
      const offline = table.offline.includes(`start ${scene}`);
      expect((await subject.list("calls")).length > calls).toBe(!offline);
      if (offline) expect(said.kind).toBe("payable");
      else expect(said).toEqual(undecided(shut));
    });

    it("look: it is not known", async () => {
      expect(await faulty(() => adapter.look(settled))).toEqual(unknown(settled));
    });

    if (adapter.close)
      it("close: it is not known", async () => {
        const said = await faulty(() => adapter.close!(open));
        if (table.offline.includes("close")) expect(said).toMatchObject([{ kind: "closed" }]);
        else expect(said).toEqual(unknown(open));
      });

    if (adapter.refund)
      it("refund and its look: it is not known", async () => {
        const wanted = aRefund(subject, settled, 10);
        expect(await faulty(() => adapter.refund!(settled, wanted))).toEqual(undecided(shut));
        expect((await faulty(() => adapter.lookRefund!(settled, wanted))).kind).toBe("unknown");
      });

    if (adapter.capture)
      it("capture: it is not known", async () => {
        const payment = await started(subject, scenes[0]!);
        await subject.tell("approve", { order_no: payment.orderNo });
        expect(await faulty(() => adapter.capture!(payment, keyOf(payment)))).toEqual(unknown(payment));
      });

    if (adapter.probe)
      it("probe: says so in words", async () => {
        expect(await faulty(() => adapter.probe!())).toMatch(/\w{3}/);
      });

    if (adapter.register)
      it("register: throws it in words", async () => {
        const register = () => adapter.register!(`${subject.receiver.url}/never`);
        const error = await faulty(() => register().catch((thrown: unknown) => thrown));
        expect(error).toBeInstanceOf(GatewayError);
      });
  });
}
