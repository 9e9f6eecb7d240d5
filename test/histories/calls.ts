import { randomUUID } from "node:crypto";
import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { GatewayError } from "../../lib/errors.ts";
import { failureOf } from "../../lib/http/failure-of.ts";
import { providerWebhook } from "../../lib/http/provider-webhook.ts";
import { queueConsumer } from "../../lib/http/queue-consumer.ts";
import { readAmount } from "../../lib/http/read-amount.ts";
import { wantedRefund } from "../../lib/http/refund-answer.ts";
import { createRefundContract } from "../../lib/http/refund-contracts.ts";
import { deliver } from "../../lib/notify/deliver.ts";
import { resendNotification } from "../../lib/notify/resend-notification.ts";
import { sweepDeliveries } from "../../lib/notify/sweep-deliveries.ts";
import type { Gateway } from "../../lib/open-gateway.ts";
import { runVerb } from "../../lib/ops/run-verb.ts";
import { closePayment } from "../../lib/payment/close-payment.ts";
import { queryPayment } from "../../lib/payment/query-payment.ts";
import { recheck } from "../../lib/payment/recheck.ts";
import { returnBuyer } from "../../lib/payment/return-buyer.ts";
import { sweepPayments } from "../../lib/payment/sweep-payments.ts";
import { deliveryMessage, hintOf, recheckMessage } from "../../lib/queue/gateway-hints.ts";
import { createRefund } from "../../lib/refund/create-refund.ts";
import { queryRefund, recheckRefund } from "../../lib/refund/look-refund.ts";
import type { Data } from "../steps/api.ts";
import { createThrough } from "../steps/gateways.ts";
import { lambdaContext } from "../steps/lambda-context.ts";
import type { Outcome } from "./environments.ts";
import type { HistoryShop, Webhook } from "./history-world.ts";
import type { Waiting } from "./hostile-queue.ts";

// What one execution environment is asked to do. Each makes the call that the function's entry file makes.

type Work<T = unknown> = (gateway: Gateway) => Promise<T>;

export function create(shop: HistoryShop, wanted: Data, answered: (answer: Data) => void): Work {
  return async (gateway) => answered(await createThrough(gateway, shop, wanted));
}

/** Resolves to the HTTP status that the provider sees. */
export function webhook({ path, headers, body }: Webhook): Work<number> {
  const [, provider = "", config_id = ""] = /\/notify\/([^/]+)\/([^/]+)$/.exec(path) ?? [];
  return async (gateway) => {
    const http = { method: "POST", path, protocol: "HTTP/1.1", sourceIp: "127.0.0.1", userAgent: "" };
    const lower = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]);
    const event = {
      headers: Object.fromEntries(lower),
      body: Buffer.from(body).toString("base64"),
      isBase64Encoded: true,
      pathParameters: { config_id },
      requestContext: { requestId: randomUUID(), http },
    };
    const handle = providerWebhook(() => gateway, provider);
    return (await handle(event as unknown as APIGatewayProxyEventV2, lambdaContext())).statusCode ?? 200;
  };
}

/** Throws what the function would have thrown for this one message. */
export function hint(queue: "notify" | "recheck", { body }: Waiting): Work {
  return async (gateway) => {
    let failed: unknown;
    const consume = <Message>(run: (message: Message) => Promise<void>) => {
      return (message: Message) =>
        run(message).catch((error) => {
          failed = error;
          throw error;
        });
    };
    const handle =
      queue === "notify"
        ? queueConsumer(
            deliveryMessage,
            consume((message) => deliver(gateway, hintOf(message))),
          )
        : queueConsumer(
            recheckMessage,
            consume((message) => {
              const asked = { userId: message.merchant, due: new Date(message.due) };
              if ("refund" in message) return recheckRefund(gateway, { ...asked, refundId: message.refund });
              return recheck(gateway, { ...asked, orderNo: message.order_no });
            }),
          );
    const record = { messageId: randomUUID(), body };
    await handle({ Records: [record as never] }, lambdaContext());
    if (failed !== undefined) throw failed;
  };
}

/** The credentials of a simulator's account, as a merchant has them. */
export const withoutName = ({ account: _, ...credentials }: Record<string, string>) => credentials;

/** An operator sets the merchant's config anew; what it says is an answer, as for any caller. */
export function setConfig(shop: HistoryShop, provider: string, account: Record<string, string>): Work {
  return async (gateway) => {
    const args = {
      merchant: shop.username,
      provider,
      name: "default",
      data: JSON.stringify(withoutName(account)),
    };
    const answer = await runVerb(gateway, "config set", args);
    if (!answer.ok) throw new GatewayError("unavailable", answer.message);
  };
}

export const sweep: Work = async (gateway) => {
  await sweepDeliveries(gateway);
  await sweepPayments(gateway);
};

type OnOrder = (shop: HistoryShop, provider: string, orderNo: string) => Work;

export const onOrder: Record<"query" | "close" | "return" | "resend", OnOrder> = {
  query: (shop, _provider, orderNo) => async (gateway) =>
    queryPayment(gateway, await gateway.authenticate(shop.apiKey, "query"), { orderNo }),
  close: (shop, _provider, orderNo) => async (gateway) =>
    closePayment(gateway, await gateway.authenticate(shop.apiKey, "create"), { orderNo }),
  return: (_shop, provider, orderNo) => (gateway) => returnBuyer(gateway, provider, orderNo),
  resend: (shop, _provider, orderNo) => async (gateway) =>
    resendNotification(gateway, await gateway.authenticate(shop.apiKey, "notify"), {
      orderNo,
      eventId: null,
    }),
};

export function refund(shop: HistoryShop, wanted: Data): Work {
  return async (gateway) =>
    createRefund(
      gateway,
      await gateway.authenticate(shop.apiKey, "refund"),
      wantedRefund(createRefundContract.wanted.parse(wanted)),
      readAmount,
    );
}

export function queryRefundOf(shop: HistoryShop, refundNo: string): Work {
  return async (gateway) => queryRefund(gateway, await gateway.authenticate(shop.apiKey, "refund"), refundNo);
}

/** How a call ended. */
export function inWords(outcome: Outcome<unknown>): string {
  if (outcome.kind === "threw") return failureOf(outcome.error).failure;
  return outcome.kind === "done" && typeof outcome.value === "number" ? String(outcome.value) : outcome.kind;
}

/** The name of a failure that would be a 500; `null` for refusals, and for what a retry will mend. */
export function unforeseen(error: unknown): string | null {
  if (failureOf(error).failure !== "internal") return null;
  return error instanceof Error ? `${error.name}: ${error.message}\n${error.stack}` : String(error);
}
