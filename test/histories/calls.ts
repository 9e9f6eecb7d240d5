import { randomUUID } from "node:crypto";
import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { deliver } from "../../lib/deliveries/deliver.ts";
import { resendNotification } from "../../lib/deliveries/resend-notification.ts";
import { sweepDeliveries } from "../../lib/deliveries/sweep-deliveries.ts";
import { GatewayError } from "../../lib/errors.ts";
import type { Gateway } from "../../lib/gateway.ts";
import { failureOf } from "../../lib/http/envelope.ts";
import { refundCommand } from "../../lib/http/payment-mapping.ts";
import { providerWebhook } from "../../lib/http/provider-webhook.ts";
import { queueConsumer } from "../../lib/http/queue-consumer.ts";
import { createRefundContract } from "../../lib/http/refund-contracts.ts";
import { runCommand } from "../../lib/ops/run-command.ts";
import { closePayment } from "../../lib/payments/close-payment.ts";
import { createRefund } from "../../lib/payments/create-refund.ts";
import { pollPayment } from "../../lib/payments/poll-payment.ts";
import { pollRefund, queryRefund } from "../../lib/payments/poll-refund.ts";
import { queryPayment } from "../../lib/payments/query-payment.ts";
import { returnBuyer } from "../../lib/payments/return-buyer.ts";
import { sweepPayments } from "../../lib/payments/sweep-payments.ts";
import { deliveryMessage, pollMessage, wakeUpOf } from "../../lib/queue/gateway-wake-ups.ts";
import type { Data } from "../steps/api.ts";
import { createThrough } from "../steps/gateways.ts";
import { lambdaContext } from "../steps/lambda-context.ts";
import type { Outcome } from "./environments.ts";
import type { HistoryShop, Webhook } from "./history-world.ts";
import type { Waiting } from "./hostile-queue.ts";

// The work that an execution environment runs. Each function makes the same call as the Lambda's entry file.

type Work<T = unknown> = (gateway: Gateway) => Promise<T>;

export function create(shop: HistoryShop, input: Data, answered: (answer: Data) => void): Work {
  return async (gateway) => answered(await createThrough(gateway, shop, input));
}

/** Resolves to the HTTP status that the provider receives. */
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
    const handle = providerWebhook(provider, () => gateway);
    return (await handle(event as unknown as APIGatewayProxyEventV2, lambdaContext())).statusCode ?? 200;
  };
}

/** Handles one message; throws the error for which the function would report it as failed. */
export function wakeUp(queue: "notify" | "poll", { body }: Waiting): Work {
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
            consume((message) => deliver(gateway, wakeUpOf(message))),
          )
        : queueConsumer(
            pollMessage,
            consume((message) => {
              const requested = { userId: message.merchant, due: new Date(message.due) };
              if ("refund" in message) return pollRefund(gateway, { ...requested, refundId: message.refund });
              return pollPayment(gateway, { ...requested, orderNo: message.order_no });
            }),
          );
    const record = { messageId: randomUUID(), body };
    await handle({ Records: [record as never] }, lambdaContext());
    if (failed !== undefined) throw failed;
  };
}

/** The credentials of a simulator's account without the account's name, as a merchant enters them. */
export const withoutName = ({ account: _, ...credentials }: Record<string, string>) => credentials;

/** An operator sets the merchant's config. A refusal of the command counts as a response, as for any caller. */
export function setConfig(shop: HistoryShop, provider: string, account: Record<string, string>): Work {
  return async (gateway) => {
    const args = {
      merchant: shop.username,
      provider,
      name: "default",
      data: JSON.stringify(withoutName(account)),
    };
    const answer = await runCommand(gateway, "config set", args);
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

export function refund(shop: HistoryShop, input: Data): Work {
  return async (gateway) =>
    createRefund(
      gateway,
      await gateway.authenticate(shop.apiKey, "refund"),
      refundCommand(createRefundContract.input.parse(input)),
    );
}

export function queryRefundOf(shop: HistoryShop, refundNo: string): Work {
  return async (gateway) => queryRefund(gateway, await gateway.authenticate(shop.apiKey, "refund"), refundNo);
}

/** How a call ended, as text. */
export function inWords(outcome: Outcome<unknown>): string {
  if (outcome.kind === "threw") return failureOf(outcome.error).failure;
  return outcome.kind === "done" && typeof outcome.value === "number" ? String(outcome.value) : outcome.kind;
}

/** The text of an error that would be a 500; `null` for refusals and for errors that a retry repairs. */
export function unforeseen(error: unknown): string | null {
  if (failureOf(error).failure !== "internal") return null;
  return error instanceof Error ? `${error.name}: ${error.message}\n${error.stack}` : String(error);
}
