import {
  CheckoutPaymentIntent,
  Client,
  Environment,
  OrdersController,
  PaymentsController,
} from "@paypal/paypal-server-sdk";
import type { TestSandbox } from "./sandbox.ts";

type CreateOrderOptions = Parameters<OrdersController["createOrder"]>[0];

/** A merchant that uses PayPal's own SDK, and plain HTTP for calls that the SDK does not have. */
export type PaypalMerchant = {
  /** Fetches a token at each use, so that a test may move the clock beyond a token's lifetime. */
  readonly orders: OrdersController;
  readonly payments: PaymentsController;
  account: string;
  clientId: string;
  secret: string;
  /** Id of the webhook that was registered with the account. */
  webhookId: string;
  /** The gateway's request to create an order, with changes of the purchase unit. */
  input(unit?: object, requestId?: string): CreateOrderOptions;
  /** Status and JSON of one call, for which it fetches a token. */
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  token(): Promise<string>;
};

type Answer = { status: number; headers: Headers; body: Record<string, unknown> };

/** Opens an account, registers `webhookUrl` for all events, and gives the credentials to the SDK. */
export async function aPaypalMerchant(sandbox: TestSandbox, webhookUrl?: string): Promise<PaypalMerchant> {
  const { body } = await sandbox.control("paypal", "accounts", { webhook_url: webhookUrl });
  const { account = "", client_id: clientId = "", secret = "", webhook_id: webhookId = "" } = body;
  const base = sandbox.simulators.paypal;
  const client = () => sdkClient(base, clientId, secret);

  async function token(): Promise<string> {
    const authorization = `Basic ${Buffer.from(`${clientId}:${secret}`).toString("base64")}`;
    const form = new URLSearchParams({ grant_type: "client_credentials" });
    const options = { method: "POST", headers: { authorization }, body: form };
    const answer = await fetch(`${base}/v1/oauth2/token`, options);
    return String(((await answer.json()) as Record<string, unknown>).access_token);
  }

  return {
    get orders() {
      return new OrdersController(client());
    },
    get payments() {
      return new PaymentsController(client());
    },
    account,
    clientId,
    secret,
    webhookId,
    token,
    input: (unit, requestId) => orderInput(unit, requestId),
    async call(method, path, content, headers = {}) {
      const authorization = `Bearer ${await token()}`;
      const type = { "content-type": "application/json" };
      const text = content === undefined || typeof content === "string" ? content : JSON.stringify(content);
      const answer = await fetch(base + path, {
        method,
        headers: { authorization, ...type, ...headers },
        body: text,
      });
      const received = await answer.text();
      return {
        status: answer.status,
        headers: answer.headers,
        body: received === "" ? {} : JSON.parse(received),
      };
    },
  };
}

function orderInput(unit: object = {}, requestId?: string): CreateOrderOptions {
  return {
    prefer: "return=representation",
    paypalRequestId: requestId,
    body: {
      intent: CheckoutPaymentIntent.Capture,
      purchaseUnits: [
        {
          amount: { currencyCode: "USD", value: "12.34" },
          invoiceId: "ORDER1",
          customId: "shop-7",
          description: "Tea <b>",
          ...unit,
        },
      ],
      paymentSource: {
        paypal: {
          experienceContext: {
            returnUrl: "http://127.0.0.1:1/back",
            cancelUrl: "http://127.0.0.1:1/cancelled",
          },
        },
      },
    },
  };
}

/** Rewrites the SDK's requests, which go only to PayPal's hosts; `super()` already calls the overridden factory. */
export function sdkClient(base: string, oAuthClientId: string, oAuthClientSecret: string): Client {
  class LoopbackClient extends Client {
    override getRequestBuilderFactory() {
      const official = super.getRequestBuilderFactory();
      const rewriting: typeof official = (...route) => {
        const builder = official(...route);
        builder.interceptRequest((request) => ({
          ...request,
          url: request.url.replace(/^https:\/\/[^/]+/, base),
        }));
        return builder;
      };
      return rewriting;
    }
  }
  return new LoopbackClient({
    environment: Environment.Sandbox,
    timeout: 5000,
    clientCredentialsAuthCredentials: { oAuthClientId, oAuthClientSecret },
    unstable_httpClientOptions: { proxy: false },
  });
}

/** An SDK error whose first issue is `issue`. */
export function refusal(issue: string, statusCode = 422) {
  return { statusCode, result: { details: [{ issue }] } };
}

/** An order that the buyer has approved. */
export async function anApprovedOrder(sandbox: TestSandbox, merchant: PaypalMerchant, unit: object = {}) {
  const { result } = await merchant.orders.createOrder(merchant.input(unit));
  const [made] = result.purchaseUnits ?? [];
  await sandbox.control("paypal", "approve", { order_no: made?.invoiceId, account: merchant.account });
  return result.id ?? "";
}

/** Captures an order and returns its capture. */
export async function captured(merchant: PaypalMerchant, id: string, paypalRequestId?: string) {
  const prefer = "return=representation";
  const { result } = await merchant.orders.captureOrder({ id, prefer, paypalRequestId, body: {} });
  const capture = result.purchaseUnits?.[0]?.payments?.captures?.[0];
  if (!capture?.id) throw new Error("no capture in the answer");
  return { ...capture, id: capture.id };
}
