import type { Clock } from "../../../lib/clock.ts";
import type { AttemptFault } from "../kernel/faults.ts";
import { randomDigits } from "../kernel/random.ts";
import type { WebhookSender } from "../kernel/webhook-sender.ts";
import { type PlatformKey, platformKeys, type WechatAccount } from "./accounts.ts";
import { signatureHeaders } from "./answer.ts";
import { toBeijing } from "./beijing-time.ts";
import { encrypt } from "./resource.ts";
import type { Trade, WechatRefund } from "./trade.ts";
import { refundNotice, transactionObject } from "./wire.ts";

/**
 * WeChat retries after 15 s, 15 s, 30 s, 3 min, 10 min, 20 min, 3 × 30 min, 1 h, 3 × 3 h and 2 × 6 h
 * (pay.weixin.qq.com/wiki/doc/apiv3/apis/chapter3_4_5.shtml).
 */
export const notifyAgainAfterSeconds = [
  15, 15, 30, 180, 600, 1200, 1800, 1800, 1800, 3600, 10_800, 10_800, 10_800, 21_600, 21_600,
] as const;

/** How long WeChat waits for the answer, in real milliseconds (same page). */
export const notifyAnswerWithinMs = 5000;

const refundTexts = {
  SUCCESS: "退款成功",
  ABNORMAL: "退款异常",
  CLOSED: "退款关闭",
  PROCESSING: "退款处理中",
};

type Notice = {
  account: WechatAccount;
  orderNo: string;
  url: string;
  event: string;
  kind: "transaction" | "refund";
  summary: string;
  content(extraFen: number): object;
};

/** Notifies the merchant of payments and of ended refunds. Closing an order sends no notification. */
export function createNotifier(clock: Clock, webhooks: WebhookSender) {
  const nextKey = alternatingKeys();

  function send({ account, orderNo, url, event, kind, summary, content }: Notice): void {
    const now = clock.now();
    const fixed = {
      id: `EV-${toBeijing(now).replace(/\D/g, "").slice(0, 14)}${randomDigits(7)}`,
      create_time: toBeijing(now),
      resource_type: "encrypt-resource",
      event_type: event,
      summary,
    };
    const compose = (fault: AttemptFault) => {
      const { nonce, ...encrypted } = encrypt(
        account.apiV3Key,
        JSON.stringify(content(fault.wrong_amount ? 1 : 0)),
        kind,
      );
      const body = JSON.stringify({ ...fixed, resource: { original_type: kind, ...encrypted, nonce } });
      const signed = signatureHeaders(nextKey(account), body, clock.now(), fault);
      return {
        headers: {
          "content-type": "application/json",
          "user-agent": "Mozilla/4.0",
          accept: "*/*",
          ...signed,
        },
        body,
      };
    };
    webhooks.send({ orderNo, event, url, compose });
  }

  return {
    paid(trade: Trade): void {
      const { account, order } = trade;
      const paidState = "SUCCESS";
      send({
        account,
        orderNo: order.outTradeNo,
        url: order.notifyUrl,
        event: "TRANSACTION.SUCCESS",
        kind: "transaction",
        summary: "支付成功",
        content: (extraFen) => transactionObject(trade, extraFen, paidState),
      });
    },
    refundEnded(refund: WechatRefund): void {
      const { account, order } = refund.trade;
      const ended = { ...refund };
      send({
        account,
        orderNo: order.outTradeNo,
        url: refund.notifyUrl ?? order.notifyUrl,
        event: `REFUND.${ended.status}`,
        kind: "refund",
        summary: refundTexts[ended.status],
        content: (extraFen) => refundNotice(ended, extraFen),
      });
    },
  };
}

/**
 * While a merchant migrates to the public key, notices are signed by the certificate or the public key in no reliable
 * order (developers.weixin.qq.com/community/develop/doc/0004e8c40b09182972936db6d69400): here alternately.
 */
function alternatingKeys(): (account: WechatAccount) => PlatformKey {
  const notices = new WeakMap<WechatAccount, number>();
  return (account) => {
    const [certificate] = platformKeys({ ...account, publicKey: undefined });
    const candidates = [account.publicKey, certificate].filter((key) => key !== undefined);
    const count = notices.get(account) ?? 0;
    notices.set(account, count + 1);
    return candidates[count % candidates.length]!;
  };
}
