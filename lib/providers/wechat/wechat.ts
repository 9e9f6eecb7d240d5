import * as z from "zod";
import type { Payment } from "../../payment/payment.ts";
import type { Observation, Prepared, Provider, Started } from "../../payment/provider.ts";
import type { ProviderDependencies, ProviderModule } from "../provider-module.ts";
import { type WechatClient, wechatClient } from "./client.ts";
import { carryOver, type WechatCredentials, wechatCredentials } from "./credentials.ts";
import { nativePay, orderEnd, prepareNativePay } from "./native.ts";
import { readNotice, verifyNotice } from "./notice.ts";
import { lookedUpRefund, prepareRefund, refundOutcome, refundRequest } from "./refund.ts";
import { inShort, inWords, isShutOut, type No, refusedStart, ruleOf, says } from "./refusal.ts";
import { tradeObservations } from "./trade.ts";
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

  const look = async ({ orderNo }: Payment): Promise<Observation[]> => {
    const said = await ask(orderNo);
    if (said.kind === "done")
      return aboutOrder(orderNo, tradeObservations(said.content, credentials, clock.now()));
    if (said.kind === "unknown") return [{ kind: "unknown", orderNo, why: said.why }];
    return [unanswered(orderNo, said)];
  };

  return {
    // WeChat Pay has no sandbox.
    livemode: baseUrl === undefined,
    account: async () => mchId,
    prepare: (payment) => prepareNativePay(payment, credentials, baseUrl !== undefined),
    start: (payment, prepared) => start(client, payment, prepared),
    look,

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
      // Paid, too soon after its creation, or a reason that we do not know: what counts is what the order is now.
      const seen = await look(payment);
      const unlisted = ruleOf("close", said) ? {} : { unlisted: code };
      return seen.map((one) =>
        one.kind === "open" ? { ...one, why: `WeChat Pay does not close it yet: ${code}`, ...unlisted } : one,
      );
    },

    async hear(call) {
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

    async lookRefund(_payment, refund) {
      return lookedUpRefund(
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

/** What a no to the query says of the order. */
function unanswered(orderNo: string, said: No): Observation {
  const { code } = said.error;
  if (says(said, "ORDER_NOT_EXIST")) return { kind: "missing", orderNo, why: code };
  const unknown = { kind: "unknown", orderNo, why: inShort(said) } as const;
  if (isShutOut(said)) return unknown;
  const rule = ruleOf("query", said);
  if (!rule) return { ...unknown, unlisted: code };
  // Our question is wrong, and would be the same next time.
  return rule.fault === "request" ? { kind: "unrecognised", said: `query: ${code}` } : unknown;
}

/** Order numbers are of `[0-9A-Z]`; the SDK's own paths would take anything. */
function orderPath(orderNo: string): string {
  return `/v3/pay/transactions/out-trade-no/${encodeURIComponent(orderNo)}`;
}

function aboutOrder(orderNo: string, said: Observation[]): Observation[] {
  const other = said.some(
    (one) => "orderNo" in one && /* mutation: wechat-answer-order */ one.orderNo !== orderNo,
  );
  return other ? [{ kind: "unrecognised", said: "query: an answer about another order" }] : said;
}

async function start(client: WechatClient, { orderNo }: Payment, prepared: Prepared): Promise<Started> {
  const said = await client.post("/v3/pay/transactions/native", nativePay.parse(prepared));
  if (said.kind === "unknown") return said;
  if (said.kind !== "done") return refusedStart(said);
  const order = nativeOrder.safeParse(said.content);
  if (!order.success) return { kind: "unknown", why: "WeChat Pay's answer has no code_url" };
  const payable = { paymentId: orderNo, paymentUrl: "", qrCode: order.data.code_url, extraData: {} };
  return { kind: "payable", payable };
}

/** WeChat Pay for computers: the buyer scans a code with the telephone. */
export const wechat: ProviderModule<WechatCredentials> = {
  credentials: wechatCredentials,
  extraParams: { native: z.strictObject({}) },
  carryOver,
  open: openWechat,
};
