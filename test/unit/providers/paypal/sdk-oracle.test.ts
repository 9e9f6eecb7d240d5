import {
  Client,
  type OrderRequest,
  OrdersController,
  PaymentsController,
  type RefundRequest,
} from "@paypal/paypal-server-sdk";
import { describe, expect, it } from "vitest";
import { checkoutOrder } from "../../../../lib/providers/paypal/checkout-order.ts";
import { newPayment, payment, refund, withRequest } from "../payments.ts";
import { captureId, json, openPayPal, order, paypalOrderId, paypalServer } from "./account.ts";

type Sent = { method: string; path: string; headers: Record<string, string>; body: unknown };

/** The request that @paypal/paypal-server-sdk 2.5.0 makes, which is stopped before it is sent. */
async function bySdk(call: (orders: OrdersController, payments: PaymentsController) => Promise<unknown>) {
  const { promise, resolve } = Promise.withResolvers<Sent>();
  class Stopped extends Client {
    override getRequestBuilderFactory() {
      const official = super.getRequestBuilderFactory();
      const stopping: typeof official = (...route) => {
        const builder = official(...route);
        builder.intercept(({ method, url, headers = {}, body }) => {
          const { pathname, search } = new URL(url);
          const content = body?.type === "text" ? JSON.parse(String(body.content)) : undefined;
          resolve({ method, path: pathname + search, headers: namedOf(headers), body: content });
          throw new Error("not sent");
        });
        return builder;
      };
      return stopping;
    }
  }
  const token = { accessToken: "t", tokenType: "Bearer" };
  const client = new Stopped({
    clientCredentialsAuthCredentials: { oAuthClientId: "", oAuthClientSecret: "", oAuthToken: token },
  });
  call(new OrdersController(client), new PaymentsController(client)).catch(() => {});
  return promise;
}

/** The headers that decide what PayPal does. */
const deciding = ["content-type", "prefer", "paypal-request-id"];
function namedOf(headers: Record<string, unknown>): Record<string, string> {
  const named = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)]);
  return Object.fromEntries(named.filter(([name]) => deciding.includes(name ?? "")));
}

const usd = { minor: 1230, currency: "USD" };
const stored = payment({
  amount: usd,
  tradeNo: captureId,
  payable: { paymentId: paypalOrderId, paymentUrl: "", qrCode: "", extraData: {} },
});

/** The last request that the adapter makes for `work`. */
async function byUs(work: (adapter: ReturnType<typeof openPayPal>) => Promise<unknown>): Promise<Sent> {
  const server = await paypalServer(json(order(), 201));
  await work(openPayPal({ baseUrl: server.url }));
  const { method, path, headers, body } = server.calls()[0]!;
  return { method, path, headers: namedOf(headers), body: body === "" ? undefined : JSON.parse(body) };
}

describe("requests to PayPal", () => {
  const inputs = [
    newPayment({ amount: usd }),
    newPayment({ amount: { minor: 500, currency: "JPY" }, subject: 'Tea "green" & 茶' }),
  ];
  it.each(inputs)("a create is the request that PayPal's SDK makes (%#)", async (input) => {
    const prepared = openPayPal().prepare(input);
    const sent = await byUs((adapter) => adapter.createPayment(stored, prepared, "key-1"));
    const { purchase_units, payment_source } = checkoutOrder.parse(prepared);
    const unit = purchase_units[0]!;
    const context = payment_source.paypal.experience_context;
    const expected = await bySdk((orders) =>
      orders.createOrder({
        paypalRequestId: "key-1",
        prefer: "return=representation",
        body: {
          intent: "CAPTURE",
          purchaseUnits: [
            {
              referenceId: unit.reference_id,
              amount: { currencyCode: unit.amount.currency_code, value: unit.amount.value },
              description: unit.description,
              customId: unit.custom_id,
              invoiceId: unit.invoice_id,
            },
          ],
          paymentSource: {
            paypal: {
              experienceContext: {
                shippingPreference: "NO_SHIPPING",
                returnUrl: context.return_url,
                cancelUrl: context.cancel_url,
                userAction: "PAY_NOW",
              },
            },
          },
        } as OrderRequest,
      }),
    );
    expect(sent).toEqual(expected);
  });

  it("fetching an order is the request that PayPal's SDK makes", async () => {
    const sent = await byUs((adapter) => adapter.fetchPayment(stored));
    expect(sent).toEqual(await bySdk((orders) => orders.getOrder({ id: paypalOrderId })));
  });

  it("a capture is the request that PayPal's SDK makes", async () => {
    const sent = await byUs((adapter) => adapter.capture!(stored, "key-2"));
    const request = {
      id: paypalOrderId,
      paypalRequestId: "key-2",
      prefer: "return=representation",
      body: {},
    };
    expect(sent).toEqual(await bySdk((orders) => orders.captureOrder(request)));
  });

  it.each(["cold tea", ""])(
    'a refund with the reason "%s" is the request that PayPal\'s SDK makes',
    async (reason) => {
      const adapter = openPayPal();
      const input = withRequest(adapter, stored, refund({ amount: { minor: 230, currency: "USD" }, reason }));
      const sent = await byUs((one) => one.refund!(stored, input));
      const body = {
        amount: { currencyCode: "USD", value: "2.30" },
        customId: input.providerRefundNo,
        ...(reason && { noteToPayer: reason }),
      } as RefundRequest;
      const request = {
        captureId,
        paypalRequestId: input.idempotencyKey,
        prefer: "return=representation",
        body,
      };
      expect(sent).toEqual(await bySdk((_, payments) => payments.refundCapturedPayment(request)));
    },
  );

  it("fetching a refund is the request that PayPal's SDK makes", async () => {
    const input = refund({ refundId: "1JU08902781691411" });
    const sent = await byUs((adapter) => adapter.fetchRefund!(stored, input));
    expect(sent).toEqual(await bySdk((_, payments) => payments.getRefund({ refundId: input.refundId })));
  });
});
