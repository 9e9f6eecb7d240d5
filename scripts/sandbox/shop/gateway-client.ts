import { request } from "../kernel/request.ts";

/** How the demo shop reaches the gateway, as any merchant would. */
export type ShopSettings = {
  gatewayUrl: string;
  apiKey: string;
  /** The providers that the shop offers; absent: all. */
  providers?: string[];
};

/** The parts of the gateway's answers that the shop shows. */
export type GatewayAnswer = { code: number; message: string; data: Record<string, unknown> };

const timeoutMs = 30_000;

/** Creates a payment. Throws when the gateway cannot be reached or does not answer JSON. */
export function createPayment(settings: ShopSettings, payment: object): Promise<GatewayAnswer> {
  return call(settings, "POST", "/api/v1/payment/create", JSON.stringify(payment));
}

/** The current payment, by the shop's own order number. Throws as `createPayment` does. */
export function queryPayment(settings: ShopSettings, outTradeNo: string): Promise<GatewayAnswer> {
  return call(settings, "GET", `/api/v1/payment/query?out_trade_no=${encodeURIComponent(outTradeNo)}`);
}

async function call(
  { gatewayUrl, apiKey }: ShopSettings,
  method: "GET" | "POST",
  path: string,
  body?: string,
): Promise<GatewayAnswer> {
  const headers = { "x-api-key": apiKey, "content-type": "application/json" };
  const answer = await request({ method, url: gatewayUrl + path, headers, body, timeoutMs });
  const { code, message, data } = JSON.parse(answer.body);
  return { code: Number(code), message: String(message), data: data ?? {} };
}
