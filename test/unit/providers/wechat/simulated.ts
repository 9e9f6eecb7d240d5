import type { Payment } from "../../../../lib/domain/payment.ts";
import { wechat } from "../../../../lib/providers/wechat/wechat.ts";
import { aSandbox } from "../../../sandbox/sandbox.ts";
import { newPayment, payment, refund, withRequest } from "../payments.ts";

const hour = 3_600_000;
const { notifyUrl } = newPayment();

/** The adapter at the simulated WeChat Pay, with a new merchant's account. */
export async function atTheSimulator(changes: Record<string, unknown> = {}, mode = "public_key") {
  const sandbox = await aSandbox();
  const { body: provided } = await sandbox.control("wechat", "accounts", { mode });
  const baseUrl = sandbox.simulators.wechat;
  const open = (more: Record<string, unknown> = {}) =>
    wechat.open(wechat.credentials.parse({ ...provided, ...changes, ...more }), {
      clock: sandbox.clock,
      baseUrl,
    });
  const adapter = open();

  /** An order of 12.30 CNY over two hours, not created at WeChat Pay yet. */
  const order = (fields: Partial<Payment> = {}): Payment => {
    const createdAt = sandbox.clock.now();
    const expiresAt = new Date(createdAt.getTime() + 2 * hour);
    return payment({ createdAt, expiresAt, ...fields });
  };
  const start = (input: Payment) =>
    adapter.createPayment(input, adapter.prepare({ ...newPayment(), ...input, notifyUrl }), input.orderNo);
  const control = (name: string, body: object) => sandbox.control("wechat", name, body);
  return {
    ...{ sandbox, adapter, credentials: provided, open, order, start, control },
    /** The body of the last call to the simulator. */
    async sent(): Promise<Record<string, unknown>> {
      return JSON.parse((await sandbox.list("wechat", "calls")).at(-1)?.body ?? "");
    },
    async paid(fields: Partial<Payment> = {}): Promise<Payment> {
      const input = order(fields);
      await start(input);
      const { body } = await control("pay", { order_no: input.orderNo });
      return { ...input, status: "success", tradeNo: body.trade_no ?? "" };
    },
    refund: (paid: Payment, fields: Parameters<typeof refund>[0] = {}) =>
      adapter.refund!(paid, withRequest(adapter, paid, refund(fields))),
  };
}
