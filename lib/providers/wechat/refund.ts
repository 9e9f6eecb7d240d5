import * as z from "zod";
import type { Payment } from "../../domain/payment.ts";
import type { RefundSeen } from "../../domain/provider.ts";
import type { PlannedRefund, Refund, RefundOutcome } from "../../domain/refund.ts";
import type { ProviderError } from "../../errors.ts";
import type { WechatAnswer } from "./client.ts";
import { isCallable, textLimits, truncated } from "./limits.ts";
import { fen } from "./native.ts";
import { inShort, isShutOut, refusedRefund, ruleOf, says } from "./refusal.ts";
import { refundAnswer, refundNotice } from "./wire.ts";

/** The request of `POST /v3/refund/domestic/refunds` as it is stored; a repeat is the same to the last byte. */
export const refundRequest = z.object({
  out_trade_no: z.string(),
  out_refund_no: z.string(),
  reason: z.string().optional(),
  notify_url: z.string().optional(),
  amount: z.object({ refund: z.int(), total: z.int(), currency: z.string() }),
});

/**
 * Throws `amount_not_allowed` for what WeChat Pay cannot take. Without `notify_url` WeChat Pay does not report how the
 * refund ends, unless a URL is set in the merchant platform; with a URL that it cannot call, it refuses the refund.
 */
export function prepareRefund(
  payment: Payment,
  refund: PlannedRefund,
  { webhookUrl, local }: { webhookUrl: string | undefined; local: boolean },
): z.infer<typeof refundRequest> {
  const callable = webhookUrl !== undefined && isCallable(webhookUrl, textLimits.refund_notify_url, local);
  return {
    out_trade_no: payment.orderNo,
    out_refund_no: refund.providerRefundNo,
    ...(refund.reason && { reason: truncated(refund.reason, textLimits.reason) }),
    .../* mutation: wechat-refund-notify-url */ (callable && { notify_url: webhookUrl }),
    amount: { refund: fen(refund), total: payment.amount.minor, currency: payment.amount.currency },
  };
}

/** The outcome of a refund request. */
export function refundOutcome(said: WechatAnswer, refund: Refund): RefundOutcome {
  if (said.kind === "done") return outcomeOf(said.content, refund);
  return said.kind === "unknown" ? said : refusedRefund(said);
}

/** The outcome of a refund query. */
export function refreshedRefund(said: WechatAnswer, refund: Refund): RefundOutcome {
  if (said.kind === "done") return outcomeOf(said.content, refund);
  if (said.kind === "unknown") return said;
  const why = inShort(said);
  if (says(said, "RESOURCE_NOT_EXISTS")) return { kind: "missing", why };
  const listed = isShutOut(said) || ruleOf("refundQuery", said);
  return { kind: "unknown", why, ...(listed ? {} : { unlisted: said.error.code }) };
}

function outcomeOf(content: unknown, { providerRefundNo, amount }: Refund): RefundOutcome {
  const parsed = refundAnswer.safeParse(content);
  if (!parsed.success) return { kind: "unknown", why: "WeChat Pay's answer is no refund" };
  const { out_refund_no: refundNo, refund_id: refundId, status, amount: said } = parsed.data;
  if (
    /* mutation: wechat-refund-number */ refundNo !== providerRefundNo ||
    /* mutation: wechat-refund-amount */ said.refund !== amount.minor
  ) {
    return { kind: "unknown", why: "WeChat Pay's answer is about another refund" };
  }
  // Every status of the official models: wechatpay-java@1dab7be refund/model/Status.java.
  switch (status) {
    case "SUCCESS":
      return { kind: "refunded", refundId };
    case "PROCESSING":
      return { kind: "pending", refundId };
    case "ABNORMAL":
      return { kind: "pending", refundId, attention: true };
    case "CLOSED":
      return { kind: "failed", refundId, error: closed };
    default:
      return { kind: "unknown", why: `WeChat Pay: refund status ${status}` };
  }
}

const closed: ProviderError = { code: "CLOSED", message: "WeChat Pay has closed the refund" };

const kinds: Record<string, RefundSeen["kind"]> = {
  SUCCESS: "refunded",
  CLOSED: "refundFailed",
  // The buyer's card or account cannot receive the refund: a person decides in the merchant platform where it goes.
  ABNORMAL: "refundPending",
};

/** Translates the content of a refund notice; `unread`: why it cannot be used. */
export function refundSeen(
  eventType: string,
  content: unknown,
  mchId: string,
): RefundSeen | { unread: string } {
  const parsed = refundNotice.safeParse(content);
  if (!parsed.success) return { unread: `${eventType} of another form` };
  const notice = parsed.data;
  // mutation: wechat-refund-merchant
  if (notice.mchid !== mchId) return { unread: `${eventType} of another merchant` };
  // mutation: wechat-refund-zero
  if (notice.amount.refund === 0) return { unread: `${eventType} of no amount` };
  const kind = kinds[notice.refund_status];
  // The event's type and the refund in it must agree.
  if (!kind || eventType !== `REFUND.${notice.refund_status}`) {
    return { unread: `${eventType} with a refund that is ${notice.refund_status}` };
  }
  return {
    kind,
    orderNo: notice.out_trade_no,
    tradeNo: notice.transaction_id,
    refundNo: /^R[0-9A-Z]{31}$/.test(notice.out_refund_no) ? notice.out_refund_no : null,
    refundId: notice.refund_id,
    amount: { minor: notice.amount.refund, currency: "CNY" },
  };
}
