import * as z from "zod";
import { GatewayError } from "../../errors.ts";
import type { Observation, Provider } from "../../payment/provider.ts";
import type { ProviderDependencies, ProviderModule } from "../provider-module.ts";
import { alipayClient } from "./client.ts";
import { type AlipayCredentials, alipayCredentials } from "./credentials.ts";
import { pagePay, preparePagePay } from "./page-pay.ts";
import { verifiedNotice } from "./signature.ts";
import { noticeObservations, outcomeOf, queryObservations } from "./trade.ts";
import { anyNotice, tradeNotice } from "./wire.ts";

/** What the trade's state means when Alipay will not close it: paid or closed already. */
const notOpen = ["ACQ.TRADE_STATUS_ERROR", "ACQ.REASON_TRADE_STATUS_INVALID", "ACQ.REASON_ILLEGAL_STATUS"];

function openAlipay(credentials: AlipayCredentials, { clock, baseUrl }: ProviderDependencies): Provider {
  const client = alipayClient(credentials, clock, baseUrl);

  const look = async (orderNo: string): Promise<Observation[]> => {
    const outcome = outcomeOf(await client.call("alipay.trade.query", orderNo));
    if (outcome.kind === "done") {
      return queryObservations(outcome.content, orderNo, credentials.app_id, clock.now());
    }
    if (outcome.kind === "unknown") return [{ kind: "unknown", orderNo, why: outcome.why }];
    if (outcome.code === "ACQ.TRADE_NOT_EXIST") return [{ kind: "missing", orderNo, why: outcome.code }];
    return [{ kind: "unrecognised", said: `alipay.trade.query: ${outcome.code}` }];
  };

  return {
    livemode: credentials.is_production,
    account: async () => credentials.app_id,
    prepare: preparePagePay,

    async start(payment, prepared) {
      const paymentUrl = client.pageUrl(pagePay.parse(prepared));
      return {
        kind: "payable",
        payable: { paymentId: payment.orderNo, paymentUrl, qrCode: "", extraData: {} },
      };
    },

    look: ({ orderNo }) => look(orderNo),

    async close({ orderNo, expiresAt }) {
      const outcome = outcomeOf(await client.call("alipay.trade.close", orderNo));
      if (outcome.kind === "done") return [{ kind: "closed", orderNo, why: "closed at Alipay" }];
      if (outcome.kind === "unknown") return [{ kind: "unknown", orderNo, why: outcome.why }];
      if (notOpen.includes(outcome.code)) return look(orderNo);
      if (outcome.code !== "ACQ.TRADE_NOT_EXIST") {
        return [{ kind: "unrecognised", said: `alipay.trade.close: ${outcome.code}` }];
      }
      // No trade exists before the buyer opens the link, and nothing but its time ends the link.
      if (clock.now() > expiresAt)
        return [{ kind: "closed", orderNo, why: "the link ended without a buyer" }];
      return [{ kind: "open", orderNo, why: `link valid until ${expiresAt.toISOString()}` }];
    },

    async hear({ body }) {
      const fields = verifiedNotice(body, credentials.public_key);
      const envelope = anyNotice.safeParse(fields);
      if (!envelope.success) throw new GatewayError("notification_malformed", "the notice has no notify_id");
      const { notify_id: eventId, notify_type: type } = envelope.data;
      if (type !== "trade_status_sync") {
        return { eventId, eventType: type, observations: [{ kind: "ignored", why: `${type} is no trade` }] };
      }
      const notice = tradeNotice.safeParse(fields);
      const eventType = (fields.trade_status ?? "").slice(0, 64);
      if (!notice.success) {
        return {
          eventId,
          eventType,
          observations: [{ kind: "unrecognised", said: "a trade notice of another form" }],
        };
      }
      return { eventId, eventType, observations: noticeObservations(notice.data, credentials, clock.now()) };
    },
  };
}

/** Alipay's payment page for computers, in key mode. */
export const alipay: ProviderModule<AlipayCredentials> = {
  credentials: alipayCredentials,
  extraParams: { page: z.strictObject({}) },
  open: openAlipay,
};
