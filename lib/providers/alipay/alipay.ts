import type { ParsedWebhook, Provider, ProviderEvent } from "../../domain/provider.ts";
import { GatewayError } from "../../errors.ts";
import type { ProviderDependencies, ProviderModule } from "../provider-module.ts";
import { alipayClient } from "./client.ts";
import { type AlipayCredentials, alipayCredentials, carryOver } from "./credentials.ts";
import { outcomeOf, unanswered } from "./outcome.ts";
import { createPage, preparePagePay } from "./page-pay.ts";
import { createQr, preparePrecreate } from "./precreate.ts";
import { probe } from "./probe.ts";
import { fetchRefund, prepareRefund, refund } from "./refund.ts";
import { notOpenCodes, refusals } from "./refusals.ts";
import { alipayScene } from "./scenes.ts";
import { noticeFields, verifiedNotice } from "./signature.ts";
import { noticeEvents, queryEvents } from "./trade.ts";
import { anyNotice, tradeNotice } from "./wire.ts";

function openAlipay(credentials: AlipayCredentials, { clock, baseUrl }: ProviderDependencies): Provider {
  const client = alipayClient(credentials, clock, baseUrl);

  const fetchPayment = async (orderNo: string): Promise<ProviderEvent[]> => {
    const outcome = outcomeOf(await client.call("alipay.trade.query", { out_trade_no: orderNo }));
    if (outcome.kind === "done") {
      return queryEvents(outcome.content, orderNo, credentials.app_id, clock.now());
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
    prepare(payment) {
      const { page } = alipayScene(payment);
      return page ? preparePagePay(payment, page) : preparePrecreate(payment);
    },
    async createPayment(payment, prepared) {
      const { page } = alipayScene(payment);
      return page ? createPage(client, payment, prepared, page) : createQr(client, payment, prepared);
    },

    fetchPayment: ({ orderNo }) => fetchPayment(orderNo),

    // Not `alipay.trade.cancel`: it also works for orders without a trade, but refunds a paid one.
    async close({ orderNo, scene, expiresAt, payableUntil }) {
      const outcome = outcomeOf(await client.call("alipay.trade.close", { out_trade_no: orderNo }));
      if (outcome.kind === "done") return [{ kind: "closed", orderNo, why: "closed at Alipay" }];
      if (outcome.kind === "unknown") return [{ kind: "unknown", orderNo, why: outcome.why }];
      const { code } = outcome.error;
      if (Object.hasOwn(notOpenCodes, code)) return fetchPayment(orderNo);
      if (code !== "ACQ.TRADE_NOT_EXIST") {
        return [{ kind: "unknown", orderNo, ...unanswered(refusals.close, outcome.error) }];
      }
      // No trade exists before the buyer opens the link or scans the code, and only its expiry ends a link or code.
      const { gives: handle } = alipayScene({ scene });
      const end = payableUntil ?? expiresAt;
      if (clock.now() > end) return [{ kind: "closed", orderNo, why: `the ${handle} ended without a buyer` }];
      return [{ kind: "open", orderNo, why: `${handle} valid until ${end.toISOString()}` }];
    },

    prepareRefund,
    refund: (payment, requested) => refund(client, payment, requested),
    fetchRefund: (payment, requested) => fetchRefund(client, payment, requested),
    probe: () => probe(client),

    parseWebhook: async ({ body }) => read(verifiedNotice(body, credentials.public_key)),
    read: (body) => read(noticeFields(body)),
  };
}

function readNotice(
  fields: Record<string, string>,
  credentials: AlipayCredentials,
  now: Date,
): ParsedWebhook {
  const envelope = anyNotice.safeParse(fields);
  if (!envelope.success) throw new GatewayError("notification_malformed", "the notice has no notify_id");
  const { notify_id: eventId, notify_type: type } = envelope.data;
  if (type !== "trade_status_sync") {
    return { eventId, eventType: type, events: [{ kind: "ignored", why: `${type} is not about a trade` }] };
  }
  const notice = tradeNotice.safeParse(fields);
  const eventType = (fields.trade_status ?? "").slice(0, 64);
  const events: ProviderEvent[] = notice.success
    ? noticeEvents(notice.data, credentials, now)
    : [{ kind: "unrecognised", said: "a trade notice of another form" }];
  return { eventId, eventType, events };
}

/** Alipay in key mode (without certificates): its payment page for computers, and QR codes that the buyer scans. */
export const alipay: ProviderModule<AlipayCredentials> = {
  credentials: alipayCredentials,
  carryOver,
  open: openAlipay,
};
