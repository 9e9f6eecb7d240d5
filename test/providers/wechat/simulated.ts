import type { Payment } from "../../../lib/payment/payment.ts";
import { wechat } from "../../../lib/providers/wechat/wechat.ts";
import { aSandbox } from "../../sandbox/sandbox.ts";
import { newPayment, payment, refund, withRequest } from "../payments.ts";

const hour = 3_600_000;
const { notifyUrl } = newPayment();

/** The adapter at the simulated WeChat Pay, with a new merchant's account. */
export async function atTheSimulator(changes: Record<string, unknown> = {}, mode = "public_key") {
  const sandbox = await aSandbox();
  const { body: given } = await sandbox.control("wechat", "accounts", { mode });
  const baseUrl = sandbox.simulators.wechat;
  const open = (more: Record<string, unknown> = {}) =>
    wechat.open(wechat.credentials.parse({ ...given, ...changes, ...more }), {
      clock: sandbox.clock,
      baseUrl,
    });
  const adapter = open();

  /** An order of 12.30 CNY over two hours, not asked for yet. */
  const order = (fields: Partial<Payment> = {}): Payment => {
    const createdAt = sandbox.clock.now();
    const expiresAt = new Date(createdAt.getTime() + 2 * hour);
    return payment({ createdAt, expiresAt, ...fields });
  };
  const start = (wanted: Payment) =>
    adapter.start(wanted, adapter.prepare({ ...newPayment(), ...wanted, notifyUrl }), wanted.orderNo);
  const control = (name: string, body: object) => sandbox.control("wechat", name, body);
  return {
    ...{ sandbox, adapter, credentials: given, open, order, start, control },
    /** What the simulator was sent last. */
    async sent(): Promise<Record<string, unknown>> {
      return JSON.parse((await sandbox.list("wechat", "calls")).at(-1)?.body ?? "");
    },
    async paid(fields: Partial<Payment> = {}): Promise<Payment> {
      const wanted = order(fields);
      await start(wanted);
      const { body } = await control("pay", { order_no: wanted.orderNo });
      return { ...wanted, status: "success", tradeNo: body.trade_no ?? "" };
    },
    refund: (paid: Payment, fields: Parameters<typeof refund>[0] = {}) =>
      adapter.refund!(paid, withRequest(adapter, paid, refund(fields))),
  };
}
