import { randomUUID } from "node:crypto";
import { simulators } from "../sandbox/simulators.ts";
import type { DemoMerchant } from "./demo-merchants.ts";

export type PaidOrder = { orderNo: string; timeline: { at: string; kind: string; title: string }[] };

const longestWaitMs = 30_000;
const pollMs = 50;

/**
 * Runs one order end to end as the shop, its buyer and its server: create, open the pay page, pay, receive the
 * notification, refund a part, receive the second notification. The error thrown names the step that did not happen.
 */
export async function payDemoOrder(
  gatewayUrl: string,
  simulatorUrl: string,
  merchant: DemoMerchant,
  provider: string,
): Promise<PaidOrder> {
  const api = callerOf(gatewayUrl, merchant.api_key);
  const created = await api("POST", "/api/v1/payment/create", {
    provider,
    out_trade_no: `demo-${randomUUID()}`,
    subject: "Green tea, 100 g",
    amount: "12.34",
    currency: simulators[provider]!.currency,
  });
  const orderNo = String(created.order_no);
  // A payment by QR code has no payment_url.
  if (created.payment_url) await (await fetch(String(created.payment_url))).text();
  await control(simulatorUrl, "pay", { order_no: orderNo });
  await untilNotified(merchant, orderNo, "payment.success");
  await refundPart(api, simulatorUrl, provider, orderNo);
  await untilNotified(merchant, orderNo, "refund.success");
  await until("the order's notify_status to be success", async () => {
    const { status, notify_status } = await api("GET", `/api/v1/payment/query/${orderNo}`);
    return status === "success" && notify_status === "success";
  });
  const { items } = await api("GET", `/api/v1/payment/timeline/${orderNo}`);
  return { orderNo, timeline: items as PaidOrder["timeline"] };
}

async function refundPart(api: Api, simulatorUrl: string, provider: string, orderNo: string): Promise<void> {
  const input = {
    order_no: orderNo,
    refund_no: `demo-${randomUUID()}`,
    amount: "2.34",
    reason: "one bag was torn",
  };
  const { status, refund_id } = await api("POST", "/api/v1/payment/refund", input);
  // The simulator leaves an asynchronous refund open until the control route sets its result.
  if (status === "processing") {
    const { succeeded } = simulators[provider]!.refundResults;
    await control(simulatorUrl, "refund-result", { refund_no: refund_id, status: succeeded });
  }
}

async function control(simulatorUrl: string, route: string, body: object): Promise<void> {
  const headers = { "content-type": "application/json" };
  const answer = await fetch(`${simulatorUrl}/_sim/${route}`, {
    method: "POST",
    headers,
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`the simulator refused ${route}: ${await answer.text()}`);
}

async function untilNotified(merchant: DemoMerchant, orderNo: string, event: string): Promise<void> {
  await until(`the merchant's inbox to hold ${event}`, async () => {
    const { deliveries } = (await (await fetch(merchant.notify_inbox_url)).json()) as {
      deliveries: { headers: Record<string, string>; body: string }[];
    };
    return deliveries.some(({ body, headers }) => {
      const notified = JSON.parse(body) as { order_no: string; event: string };
      return (
        notified.order_no === orderNo && notified.event === event && Boolean(headers["webhook-signature"])
      );
    });
  });
}

type Api = ReturnType<typeof callerOf>;

function callerOf(gatewayUrl: string, apiKey: string) {
  return async (method: string, path: string, body?: object): Promise<Record<string, unknown>> => {
    const answer = await fetch(gatewayUrl + path, {
      method,
      headers: { "x-api-key": apiKey, ...(body && { "content-type": "application/json" }) },
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}: ${text}`);
    return (JSON.parse(text) as { data: Record<string, unknown> }).data;
  };
}

async function until(what: string, condition: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + longestWaitMs;
  while (!(await condition())) {
    if (performance.now() > end)
      throw new Error(`timed out after ${longestWaitMs / 1000} s waiting for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}
