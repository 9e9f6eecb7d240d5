import * as z from "zod";
import { GatewayError } from "../../errors.ts";
import type { Heard, Observation, Provider } from "../../payment/provider.ts";
import type { ProviderDependencies, ProviderModule } from "../provider-module.ts";
import { alipayClient } from "./client.ts";
import { type AlipayCredentials, alipayCredentials, carryOver } from "./credentials.ts";
import { outcomeOf, unanswered } from "./outcome.ts";
import { pagePay, preparePagePay } from "./page-pay.ts";
import { preparePrecreate, startPrecreate } from "./precreate.ts";
import { probe } from "./probe.ts";
import { lookRefund, prepareRefund, refund } from "./refund.ts";
import { notOpenCodes, refusals } from "./refusals.ts";
import { noticeFields, verifiedNotice } from "./signature.ts";
import { noticeObservations, queryObservations } from "./trade.ts";
import { anyNotice, tradeNotice } from "./wire.ts";

function openAlipay(credentials: AlipayCredentials, { clock, baseUrl }: ProviderDependencies): Provider {
  const client = alipayClient(credentials, clock, baseUrl);

  const look = async (orderNo: string): Promise<Observation[]> => {
    const outcome = outcomeOf(await client.call("alipay.trade.query", { out_trade_no: orderNo }));
    if (outcome.kind === "done") {
      return queryObservations(outcome.content, orderNo, credentials.app_id, clock.now());
    }
    if (outcome.kind === "unknown") return [{ kind: "unknown", orderNo, why: outcome.why }];
    const { code } = outcome.error;
    if (code === "ACQ.TRADE_NOT_EXIST") return [{ kind: "missing", orderNo, why: code }];
    return [{ kind: "unknown", orderNo, ...unanswered(refusals.query, outcome.error) }];
  };

  const read = (fields: Record<string, string>) => readNotice(fields, credentials, clock.now());

  return {
    livemode: credentials.is_production,
    account: async () => credentials.app_id,
    prepare: (payment) => (payment.scene === "qr" ? preparePrecreate(payment) : preparePagePay(payment)),

    async start({ orderNo, scene }, prepared) {
      if (scene === "qr") return startPrecreate(client, orderNo, prepared);
      const paymentUrl = await client.pageUrl(pagePay.parse(prepared));
      return {
        kind: "payable",
        payable: { paymentId: orderNo, paymentUrl, qrCode: "", extraData: {} },
      };
    },

    look: ({ orderNo }) => look(orderNo),

    // Not `alipay.trade.cancel`: it knows orders without a trade, but gives the money of a paid one back.
    async close({ orderNo, scene, expiresAt, payableUntil }) {
      const outcome = outcomeOf(await client.call("alipay.trade.close", { out_trade_no: orderNo }));
      if (outcome.kind === "done") return [{ kind: "closed", orderNo, why: "closed at Alipay" }];
      if (outcome.kind === "unknown") return [{ kind: "unknown", orderNo, why: outcome.why }];
      const { code } = outcome.error;
      if (Object.hasOwn(notOpenCodes, code)) return look(orderNo);
      if (code !== "ACQ.TRADE_NOT_EXIST") {
        return [{ kind: "unknown", orderNo, ...unanswered(refusals.close, outcome.error) }];
      }
      // No trade exists before the buyer opens the link or scans the code, and nothing but its time ends either.
      const handle = scene === "qr" ? "code" : "link";
      const end = payableUntil ?? expiresAt;
      if (clock.now() > end) return [{ kind: "closed", orderNo, why: `the ${handle} ended without a buyer` }];
      return [{ kind: "open", orderNo, why: `${handle} valid until ${end.toISOString()}` }];
    },

    prepareRefund,
    refund: (payment, wanted) => refund(client, payment, wanted),
    lookRefund: (payment, wanted) => lookRefund(client, payment, wanted),
    probe: () => probe(client),

    hear: async ({ body }) => read(verifiedNotice(body, credentials.public_key)),
    read: (body) => read(noticeFields(body)),
  };
}

function readNotice(fields: Record<string, string>, credentials: AlipayCredentials, now: Date): Heard {
  const envelope = anyNotice.safeParse(fields);
  if (!envelope.success) throw new GatewayError("notification_malformed", "the notice has no notify_id");
  const { notify_id: eventId, notify_type: type } = envelope.data;
  if (type !== "trade_status_sync") {
    return { eventId, eventType: type, observations: [{ kind: "ignored", why: `${type} is no trade` }] };
  }
  const notice = tradeNotice.safeParse(fields);
  const eventType = (fields.trade_status ?? "").slice(0, 64);
  const observations: Observation[] = notice.success
    ? noticeObservations(notice.data, credentials, now)
    : [{ kind: "unrecognised", said: "a trade notice of another form" }];
  return { eventId, eventType, observations };
}

/** Alipay in key mode: its payment page for computers, and codes that the buyer scans. */
export const alipay: ProviderModule<AlipayCredentials> = {
  credentials: alipayCredentials,
  extraParams: { page: z.strictObject({}), qr: z.strictObject({}) },
  carryOver,
  open: openAlipay,
};
