import { randomBytes } from "node:crypto";
import type { Clock } from "../../../lib/clock.ts";
import { decimal } from "../kernel/decimal.ts";
import type { AttemptFault } from "../kernel/faults.ts";
import type { WebhookSender } from "../kernel/webhook-sender.ts";
import { toBeijing } from "./beijing-time.ts";
import { type Charset, encoded } from "./gbk.ts";
import { notificationSigningString, type Parameters, signRsa2 } from "./signature.ts";
import { refundedFen, type Trade, type TradeRefund } from "./trade.ts";
import { buyerLogonId, openIdOf } from "./trade-query.ts";

/** Alipay retries after 4 min, 10 min, 10 min, 1 h, 2 h, 6 h and 15 h (opendocs.alipay.com/open/203/105286). */
export const notifyAgainAfterSeconds = [240, 600, 600, 3600, 7200, 21_600, 54_000] as const;

/**
 * Notifies the merchant about a payment or a refund, both as `trade_status_sync`. Nothing is sent for a trade without
 * `notify_url`. Callers do not notify about unpaid closes, except for the control route `tell-closed`.
 */
export function notify(clock: Clock, webhooks: WebhookSender, trade: Trade, refund?: TradeRefund): void {
  if (!trade.notifyUrl) return;
  const notifyId = `${toBeijing(clock.now()).slice(0, 10).replaceAll("-", "")}${randomBytes(16).toString("hex")}`;
  const fixed = {
    notify_id: notifyId,
    ...tradeFields(trade),
    ...(refund ? refundFields(trade, refund) : {}),
  };
  webhooks.send({
    orderNo: trade.outTradeNo,
    event: `${trade.status}${refund ? " refund" : ""}`,
    url: trade.notifyUrl,
    compose: (fault) => composed(trade, { ...fixed, notify_time: toBeijing(clock.now()) }, fault),
  });
}

/** The return URL with Alipay's signed query; for display to the buyer only: it proves no payment. */
export function signedReturnUrl(trade: Trade, returnUrl: string, now: Date): string {
  const parameters: Parameters = {
    charset: trade.account.noticesIn,
    out_trade_no: trade.outTradeNo,
    method: `${trade.method}.return`,
    total_amount: decimal(trade.fen, 2),
    trade_no: trade.tradeNo,
    auth_app_id: trade.account.appId,
    version: "1.0",
    app_id: trade.account.appId,
    sign_type: "RSA2",
    seller_id: trade.account.sellerId,
    timestamp: toBeijing(now),
  };
  const url = new URL(returnUrl);
  for (const [name, value] of Object.entries(signed(trade, parameters))) url.searchParams.set(name, value);
  return url.href;
}

function composed(trade: Trade, fixed: Parameters, { wrong_amount, unsigned }: AttemptFault) {
  const amount = decimal(trade.fen + (wrong_amount ? 1 : 0), 2);
  const parameters = {
    total_amount: amount,
    receipt_amount: amount,
    buyer_pay_amount: amount,
    invoice_amount: amount,
    point_amount: "0.00",
    fund_bill_list: JSON.stringify([{ amount, fundChannel: "ALIPAYACCOUNT" }]),
    voucher_detail_list: "[]",
    ...fixed,
    charset: trade.account.noticesIn,
  };
  return {
    headers: {
      "content-type": `application/x-www-form-urlencoded; charset=${trade.account.noticesIn}`,
      "user-agent": "Mozilla/4.0",
    },
    body: formOf(unsigned ? parameters : signed(trade, parameters), trade.account.noticesIn),
  };
}

/** The form in this charset; every byte but those of plain names and numbers is escaped. */
function formOf(parameters: Parameters, charset: Charset): string {
  if (charset === "utf-8") return new URLSearchParams(parameters).toString();
  const escaped = (text: string) => [...encoded(text, charset)].map((byte) => escapedByte(byte)).join("");
  return Object.entries(parameters)
    .map(([name, value]) => `${name}=${escaped(value)}`)
    .join("&");
}

function escapedByte(byte: number): string {
  const character = String.fromCharCode(byte);
  if (/[\w.*-]/.test(character)) return character;
  return byte === 0x20 ? "+" : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
}

function tradeFields(trade: Trade): Parameters {
  return {
    notify_type: "trade_status_sync",
    version: "1.0",
    sign_type: "RSA2",
    app_id: trade.account.appId,
    auth_app_id: trade.account.appId,
    seller_id: trade.account.sellerId,
    buyer_id: trade.buyerId,
    buyer_open_id: openIdOf(trade),
    buyer_logon_id: buyerLogonId,
    seller_email: `${trade.account.sellerId}@example.com`,
    out_trade_no: trade.outTradeNo,
    trade_no: trade.tradeNo,
    trade_status: trade.status,
    subject: trade.subject,
    gmt_create: toBeijing(trade.createdAt),
    ...(trade.paidAt && { gmt_payment: toBeijing(trade.paidAt) }),
    // Alipay's notification of an unpaid close carries a refund_fee of 0.00.
    ...(trade.closedAt && !trade.paidAt && { refund_fee: "0.00", gmt_close: toBeijing(trade.closedAt) }),
    ...(trade.body && { body: trade.body }),
    ...(trade.passbackParams && { passback_params: trade.passbackParams }),
  };
}

function refundFields(trade: Trade, refund: TradeRefund): Parameters {
  return {
    refund_fee: decimal(refundedFen(trade), 2),
    gmt_refund: `${toBeijing(refund.at)}.000`,
    send_back_fee: decimal(refund.fen, 2),
    ...(!refund.inConsole && { out_biz_no: refund.requestNo }),
    ...(trade.status === "TRADE_CLOSED" && { gmt_close: toBeijing(refund.at) }),
  };
}

function signed(trade: Trade, parameters: Parameters): Parameters {
  const { noticesIn, platformKey } = trade.account;
  const bytes = encoded(notificationSigningString(parameters), noticesIn);
  return { ...parameters, sign: signRsa2(bytes, platformKey) };
}
