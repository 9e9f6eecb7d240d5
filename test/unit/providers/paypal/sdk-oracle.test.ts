import { OrdersController, PaymentsController } from "@paypal/paypal-server-sdk";
import { describe, expect, it } from "vitest";
import type { Payment } from "../../../../lib/domain/payment.ts";
import { sdkClient } from "../../../sandbox/paypal-merchant.ts";
import { newPayment, withRequest } from "../payments.ts";
import {
  captureId,
  credentials,
  json,
  openPayPal,
  order,
  paypalOrderId,
  paypalServer,
  storedPayment,
  storedRefund,
} from "./account.ts";

type Adapter = ReturnType<typeof openPayPal>;
type Sdk = { orders: OrdersController; payments: PaymentsController };
type Member = readonly [
  string,
  (adapter: Adapter) => Promise<unknown> | undefined,
  (sdk: Sdk, body: never) => Promise<unknown>,
];

const prefer = "return=representation";
const paid: Payment = { ...storedPayment, tradeNo: captureId };

const creating = (changes: Parameters<typeof newPayment>[0], title: string): Member => [
  `creation of ${title}`,
  (adapter) =>
    adapter.createPayment(
      storedPayment,
      adapter.prepare(newPayment({ amount: { minor: 1230, currency: "USD" }, ...changes })),
      "K1",
    ),
  ({ orders }, body) => orders.createOrder({ body, paypalRequestId: "K1", prefer }),
];
const refunding = (reason: string, minor: number, currency: string): Member => [
  `refund of ${minor} ${currency} because of ${reason}`,
  (adapter) =>
    adapter.refund?.(
      paid,
      withRequest(adapter, paid, {
        ...storedRefund,
        reason,
        amount: { minor, currency },
        idempotencyKey: "K2",
      }),
    ),
  ({ payments }, body) => payments.refundCapturedPayment({ captureId, body, paypalRequestId: "K2", prefer }),
];

const members: Member[] = [
  [
    "query",
    (adapter) => adapter.fetchPayment(storedPayment),
    ({ orders }) => orders.getOrder({ id: paypalOrderId }),
  ],
  [
    "capture",
    (adapter) => adapter.capture?.(storedPayment, "K3"),
    ({ orders }, body) => orders.captureOrder({ id: paypalOrderId, body, paypalRequestId: "K3", prefer }),
  ],
  [
    "refund query",
    (adapter) => adapter.fetchRefund?.(paid, { ...storedRefund, refundId: "1JU08902781691411" }),
    ({ payments }) => payments.getRefund({ refundId: "1JU08902781691411" }),
  ],
  creating({}, "12.30 USD"),
  creating({ amount: { minor: 1200, currency: "JPY" } }, "1200 JPY"),
  creating({ amount: { minor: 400_000, currency: "HUF" } }, "4000 HUF"),
  creating({ subject: '茶 "&" 😀\u2028\\' }, "unicode"),
  creating({ subject: "x".repeat(300), outTradeNo: "x".repeat(64) }, "a long subject"),
  refunding("", 230, "USD"),
  refunding("茶 is cold 😀", 1200, "JPY"),
];

/** The SDK's own names for the fields of a body. */
const camelCased = (body: string) =>
  JSON.parse(body || "null", (_key, value) =>
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? Object.fromEntries(
          Object.entries(value).map(([name, field]) => [
            name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()),
            field,
          ]),
        )
      : value,
  );

describe("PayPal requests and the SDK's", () => {
  it.each(members)(
    "a PayPal request is the SDK's, field by field and in the same order: %s",
    async (_title, act, bySdk) => {
      const server = await paypalServer(json(order(), 201));
      await act(openPayPal({ baseUrl: server.url }));
      const [ours] = server.calls();
      const client = sdkClient(server.url, credentials.client_id, credentials.secret);
      const sdk = { orders: new OrdersController(client), payments: new PaymentsController(client) };
      await bySdk(sdk, camelCased(ours?.body ?? "") as never);
      const sent = server.calls().map(({ method, path, body, headers }) => ({
        // The SDK writes U+2028 as an escape sequence.
        body: JSON.stringify(JSON.parse(body || "null")),
        ...{ method, path, type: headers["content-type"], authorization: headers.authorization },
        ...{ requestId: headers["paypal-request-id"], prefer: headers.prefer },
      }));
      expect(sent.slice(0, 1)).toEqual(sent.slice(-1));
      expect(sent.length).toBeGreaterThan(1);
    },
  );
});
