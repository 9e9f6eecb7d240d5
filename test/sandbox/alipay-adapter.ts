import { alipay } from "../../lib/providers/alipay/alipay.ts";
import { newPayment, payment, refund, withRequest } from "../unit/providers/payments.ts";
import { aReceiver } from "./receiver.ts";
import { aSandbox, type TestSandbox } from "./sandbox.ts";

/** The gateway's adapter with its own account at the Alipay simulator. */
export async function anAlipayAdapter(sandbox?: TestSandbox) {
  const at = sandbox ?? (await aSandbox());
  const [{ body: account }, receiver] = [await at.control("alipay", "accounts"), await aReceiver()];
  const credentials = alipay.credentials.parse(account);
  const adapter = alipay.open(credentials, { clock: at.clock, baseUrl: at.simulators.alipay });
  let orders = 0;
  const order = (changes: Partial<ReturnType<typeof newPayment>> = {}) => {
    orders += 1;
    const createdAt = at.clock.now();
    const expiresAt = new Date(createdAt.getTime() + 3_600_000);
    const common = { orderNo: `UNI${orders}`, scene: "qr", createdAt, expiresAt, ...changes };
    const input = newPayment({ ...common, notifyUrl: receiver.url, buyerReturnUrl: receiver.url });
    return { input, stored: payment(common) };
  };
  const start = async (changes: Parameters<typeof order>[0] = {}) => {
    const { input, stored } = order(changes);
    return { stored, started: await adapter.createPayment(stored, adapter.prepare(input), "key") };
  };
  return {
    sandbox: at,
    account,
    adapter,
    receiver,
    start,
    pay: (orderNo: string) => at.control("alipay", "pay", { order_no: orderNo }),
    async paid(changes: Parameters<typeof order>[0] = {}) {
      const { stored } = await start(changes);
      await at.control("alipay", "pay", { order_no: stored.orderNo });
      return stored;
    },
    refund(of: ReturnType<typeof payment>, changes: Parameters<typeof refund>[0] = {}) {
      return adapter.refund?.(of, withRequest(adapter, of, refund(changes)));
    },
    faults: (input: object) => at.control("alipay", "faults", input),
  };
}
