import type { Payment, Prepared } from "../../domain/payment.ts";
import type { CreateOutcome, Provider, ProviderEvent } from "../../domain/provider.ts";
import type { ProviderDependencies, ProviderModule } from "../provider-module.ts";
import { type WechatClient, wechatClient } from "./client.ts";
import { carryOver, type WechatCredentials, wechatCredentials } from "./credentials.ts";
import { nativePay, orderEnd, prepareNativePay } from "./native.ts";
import { readNotice, verifyNotice } from "./notice.ts";
import { prepareRefund, refreshedRefund, refundOutcome, refundRequest } from "./refund.ts";
import { inShort, inWords, isShutOut, type No, refusedCreate, ruleOf, says } from "./refusal.ts";
import { tradeEvents } from "./trade.ts";
import { nativeOrder } from "./wire.ts";

/** No order of ours has such a number. */
const nobodysOrder = "PROBE000000000000000000000000000";

function openWechat(
  credentials: WechatCredentials,
  { clock, baseUrl, webhookUrl }: ProviderDependencies,
): Provider {
  const client = wechatClient(credentials, clock, baseUrl);
  const { mch_id: mchId } = credentials;
  const ask = (orderNo: string) => client.get(`${orderPath(orderNo)}?mchid=${mchId}`);

  const fetchPayment = async ({ orderNo }: Payment): Promise<ProviderEvent[]> => {
    const said = await ask(orderNo);
    if (said.kind === "done") return aboutOrder(orderNo, tradeEvents(said.content, credentials, clock.now()));
    if (said.kind === "unknown") return [{ kind: "unknown", orderNo, why: said.why }];
    return [unanswered(orderNo, said)];
  };

  return {
    // WeChat Pay has no sandbox.
    livemode: baseUrl === undefined,
    account: async () => mchId,
    prepare: (payment) => prepareNativePay(payment, credentials, baseUrl !== undefined),
    createPayment: (payment, prepared) => createPayment(client, payment, prepared),
    fetchPayment,

    async close(payment) {
      const { orderNo } = payment;
      const said = await client.post(`${orderPath(orderNo)}/close`, { mchid: mchId });
      if (said.kind === "done") return [{ kind: "closed", orderNo, why: "closed at WeChat Pay" }];
      if (said.kind === "unknown") return [{ kind: "unknown", orderNo, why: said.why }];
      const { code } = said.error;
      if (isShutOut(said)) return [{ kind: "unknown", orderNo, why: inShort(said) }];
      if (says(said, "ORDER_CLOSED")) return [{ kind: "closed", orderNo, why: code }];
      if (says(said, "ORDER_NOT_EXIST")) {
        const over = clock.now() > orderEnd(payment);
        return [{ kind: over ? "closed" : "missing", orderNo, why: code }];
      }
      // The order is paid or was only just created, or the reason is unknown to us: its current state decides.
      const seen = await fetchPayment(payment);
      const unlisted = ruleOf("close", said) ? {} : { unlisted: code };
      return seen.map((one) =>
        one.kind === "open" ? { ...one, why: `WeChat Pay does not close it yet: ${code}`, ...unlisted } : one,
      );
    },

    async parseWebhook(call) {
      await verifyNotice(call, client.findKey, clock.now());
      return readNotice(call.body, credentials, clock.now());
    },
    read: (body) => readNotice(body, credentials, clock.now()),

    prepareRefund: (payment, refund) =>
      prepareRefund(payment, refund, { webhookUrl, local: baseUrl !== undefined }),

    async refund(_payment, refund) {
      const said = await client.post("/v3/refund/domestic/refunds", refundRequest.parse(refund.prepared));
      return refundOutcome(said, refund);
    },

    async fetchRefund(_payment, refund) {
      return refreshedRefund(
        await client.get(`/v3/refund/domestic/refunds/${refund.providerRefundNo}`),
        refund,
      );
    },

    async probe() {
      const said = await ask(nobodysOrder);
      if (said.kind === "unknown") return said.why;
      return said.kind === "done" || says(said, "ORDER_NOT_EXIST") ? null : inWords(said.error);
    },
  };
}

/** The event of a refused query. */
function unanswered(orderNo: string, said: No): ProviderEvent {
  const { code } = said.error;
  if (says(said, "ORDER_NOT_EXIST")) return { kind: "missing", orderNo, why: code };
  const unknown = { kind: "unknown", orderNo, why: inShort(said) } as const;
  if (isShutOut(said)) return unknown;
  const rule = ruleOf("query", said);
  if (!rule) return { ...unknown, unlisted: code };
  // Our query is wrong, and a repeat would be the same.
  return rule.fault === "request" ? { kind: "unrecognised", said: `query: ${code}` } : unknown;
}

/** Order numbers consist of `[0-9A-Z]`; the SDK's own paths would contain any text unencoded. */
function orderPath(orderNo: string): string {
  return `/v3/pay/transactions/out-trade-no/${encodeURIComponent(orderNo)}`;
}

function aboutOrder(orderNo: string, said: ProviderEvent[]): ProviderEvent[] {
  const other = said.some(
    (one) => "orderNo" in one && /* mutation: wechat-answer-order */ one.orderNo !== orderNo,
  );
  return other ? [{ kind: "unrecognised", said: "query: an answer about another order" }] : said;
}

async function createPayment(
  client: WechatClient,
  { orderNo }: Payment,
  prepared: Prepared,
): Promise<CreateOutcome> {
  const said = await client.post("/v3/pay/transactions/native", nativePay.parse(prepared));
  if (said.kind === "unknown") return said;
  if (said.kind !== "done") return refusedCreate(said);
  const order = nativeOrder.safeParse(said.content);
  if (!order.success) return { kind: "unknown", why: "WeChat Pay's answer has no code_url" };
  const payable = { paymentId: orderNo, paymentUrl: "", qrCode: order.data.code_url, extraData: {} };
  return { kind: "payable", payable };
}

/** WeChat Pay on a computer: the buyer scans a QR code with the phone. */
export const wechat: ProviderModule<WechatCredentials> = {
  credentials: wechatCredentials,
  carryOver,
  open: openWechat,
};
