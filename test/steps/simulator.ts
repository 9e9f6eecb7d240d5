import { until } from "./until.ts";
import { post } from "./world.ts";

export type Payment = {
  order_no: string;
  account: string;
  payment_id: string;
  trade_no: string | null;
  status: string;
  amount_minor: number;
  refunded_minor: number;
  created: number;
};
export type SentWebhook = {
  order_no: string;
  url: string;
  outcome: string;
  status: number | null;
  event: string;
};

/** The controls of a provider's simulator. */
export function simulatorOf(world: { sandbox: { simulators: Record<string, string> } }, provider: string) {
  const base = world.sandbox.simulators[provider];
  const read = async <T>(name: string): Promise<T> =>
    (await fetch(`${base}/_sim/${name}`)).json() as Promise<T>;
  const tell = (name: string, body: object) => post(`${base}/_sim/${name}`, body);
  const control = {
    faults: (faults: object) => tell("faults", faults),
    expire: (orderNo: string) => tell("expire", { order_no: orderNo }),
    resend: (orderNo: string) => tell("resend", { order_no: orderNo }),
    start: (orderNo: string) => tell("start", { order_no: orderNo }),
    approve: (orderNo: string) => tell("approve", { order_no: orderNo }),
    /** An external refund, made in the provider's dashboard. */
    refund: (orderNo: string, amount: string) => tell("refund", { order_no: orderNo, amount }),
    refundResult: (refundNo: string, status: string) =>
      tell("refund-result", { refund_no: refundNo, status }),
    /** Any other control route. */
    tell,
    fail: (orderNo: string) => tell("fail", { order_no: orderNo }),
    /** A buyer opens the pay page and pays. */
    async pay(created: Record<string, unknown>) {
      // A payment by QR code has no pay page.
      if (created.payment_url) await (await fetch(String(created.payment_url))).text();
      await tell("pay", { order_no: created.order_no });
    },
    /** Pays without opening the pay page; Alipay has no trade before the page is opened. */
    payUnopened: (orderNo: string) => tell("pay", { order_no: orderNo }),
    /** Waits until the gateway has accepted a webhook about the order. */
    accepted: (orderNo: string) =>
      until(async () => (await control.webhooks(orderNo)).some(({ outcome }) => outcome === "accepted")),
    async payments(orderNo: string) {
      return (await read<Payment[]>("payments")).filter((payment) => payment.order_no === orderNo);
    },
    async webhooks(orderNo: string) {
      return (await read<SentWebhook[]>("webhooks")).filter((sent) => sent.order_no === orderNo);
    },
    calls: () =>
      read<{ method: string; path: string; headers: Record<string, string>; body: string }[]>("calls"),
  };
  return control;
}

export type SimulatorControl = ReturnType<typeof simulatorOf>;
