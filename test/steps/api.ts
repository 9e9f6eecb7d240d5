import { randomUUID } from "node:crypto";
import { holdAnswer, holdNotification, holdRequest } from "./api-reference.ts";
import type { Shop } from "./world.ts";

export type Data = Record<string, unknown>;
export type ApiAnswer = {
  status: number;
  headers: Headers;
  code: number;
  message: string;
  data: Data;
  errors?: { field: string; message: string }[];
  order_no?: string;
  provider_error?: { code: string; message: string };
};

/** A notification as the merchant got it. */
export type Delivery = { at: string; headers: Record<string, string>; body: string };

const objects = new Map<unknown, string>();

/** Of a create's answer: which object the provider made for the order. */
export function keepObject(created: Data): void {
  objects.set(created.order_no, String(created.payment_id));
}

/** The provider's object of an order that this process has created. */
export function madeObject(orderNo: unknown): string | undefined {
  return objects.get(orderNo);
}

/** A merchant's program: calls the API with its key and reads the envelope. */
export function apiOf(world: { front: { url: string } }, shop: Pick<Shop, "apiKey" | "inboxUrl">) {
  const { url } = world.front;
  const headers = { "x-api-key": shop.apiKey };

  async function call(method: string, path: string, body?: unknown): Promise<ApiAnswer> {
    const answer = await fetch(`${url}${path}`, {
      method,
      headers: body === undefined ? headers : { ...headers, "content-type": "application/json" },
      ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    const text = await answer.text();
    const said = JSON.parse(text) as Omit<ApiAnswer, "status" | "headers">;
    const { status } = answer;
    // API Gateway's own answers have no code.
    if (said.code !== undefined)
      holdAnswer(method, path, { status, headers: Object.fromEntries(answer.headers), body: text });
    if (said.code === 0) holdRequest(method, path, body);
    if (said.code === 0 && path.endsWith("/payment/create")) keepObject(said.data);
    return { status, headers: answer.headers, ...said };
  }

  return {
    call,
    create: (wanted: Data) => call("POST", "/api/v1/payment/create", wanted),
    query: (orderNo: string) => call("GET", `/api/v1/payment/query/${orderNo}`),
    close: (orderNo: string) => call("POST", `/api/v1/payment/close/${orderNo}`),
    async timeline(orderNo: string) {
      const { data } = await call("GET", `/api/v1/payment/timeline/${orderNo}`);
      return data.items as { at: string; kind: string; title: string; data: Data }[];
    },
    /** What the merchant was told, oldest first. */
    async inbox() {
      const inbox = (await (await fetch(shop.inboxUrl)).json()) as { deliveries: Delivery[] };
      for (const delivery of inbox.deliveries) holdNotification(delivery);
      return inbox.deliveries;
    },
    async inboxAnswers(behaviour: Data) {
      await fetch(`${shop.inboxUrl}/behave`, { method: "POST", body: JSON.stringify(behaviour) });
    },
  };
}

export type Api = ReturnType<typeof apiOf>;

/** A request to create a payment; every call has an `out_trade_no` of its own. */
export function anOrder(wanted: Data = {}): Data {
  return {
    provider: "alipay",
    out_trade_no: `order-${randomUUID()}`,
    subject: "Green tea",
    amount: "12.34",
    ...wanted,
  };
}
