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

/** A notification as the merchant received it. */
export type Delivery = { at: string; headers: Record<string, string>; body: string };

const objects = new Map<unknown, string>();

/** Remembers, from the response to a create, which provider object belongs to the order. */
export function keepObject(created: Data): void {
  objects.set(created.order_no, String(created.payment_id));
}

/** The id of the provider's object, for an order created by this process. */
export function madeObject(orderNo: unknown): string | undefined {
  return objects.get(orderNo);
}

/** A merchant's client: calls the API with the merchant's key and reads the response envelope. */
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
    // Responses of API Gateway itself have no code.
    if (said.code !== undefined)
      holdAnswer(method, path, { status, headers: Object.fromEntries(answer.headers), body: text });
    if (said.code === 0) holdRequest(method, path, body);
    if (said.code === 0 && path.endsWith("/payment/create")) keepObject(said.data);
    return { status, headers: answer.headers, ...said };
  }

  return {
    call,
    create: (input: Data) => call("POST", "/api/v1/payment/create", input),
    query: (orderNo: string) => call("GET", `/api/v1/payment/query/${orderNo}`),
    close: (orderNo: string) => call("POST", `/api/v1/payment/close/${orderNo}`),
    async timeline(orderNo: string) {
      const { data } = await call("GET", `/api/v1/payment/timeline/${orderNo}`);
      return data.items as { at: string; kind: string; title: string; data: Data }[];
    },
    /** The notifications that the merchant has received, oldest first. */
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

/** A create request; each call makes a new `out_trade_no`. */
export function anOrder(input: Data = {}): Data {
  return {
    provider: "alipay",
    out_trade_no: `order-${randomUUID()}`,
    subject: "Green tea",
    amount: "12.34",
    ...input,
  };
}
