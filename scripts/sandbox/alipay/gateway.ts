import type { Clock } from "../../../lib/clock.ts";
import type { Call, Reply } from "../kernel/call.ts";
import { decimal } from "../kernel/decimal.ts";
import type { AnswerFault } from "../kernel/faults.ts";
import { replyInstead } from "../kernel/serve-simulator.ts";
import type { WebhookSender } from "../kernel/webhook-sender.ts";
import type { AlipayAccount } from "./accounts.ts";
import { AlipayError } from "./alipay-error.ts";
import { toBeijing } from "./beijing-time.ts";
import { readPrecreate } from "./page-pay.ts";
import type { QrCodes } from "./qr-codes.ts";
import { type RefundPlan, refunded, refundQueried } from "./refunds.ts";
import { type Parameters, signRsa2 } from "./signature.ts";
import type { Trade } from "./trade.ts";
import type { TradeRefunds } from "./trade-refunds.ts";
import type { Trades } from "./trades.ts";
import { namedAccount, type VerifiedRequest, verifyRequest } from "./verify-request.ts";

export type Bank = {
  clock: Clock;
  accounts: Map<string, AlipayAccount>;
  trades: Trades;
  refunds: TradeRefunds;
  webhooks: WebhookSender;
  codes: QrCodes;
  refundPlan: RefundPlan;
};

/** The members of an answer. */
export type Fields = Record<string, string>;

/** The methods a merchant's program can call; `alipay.trade.page.pay` is opened by a browser instead. */
const methods: Record<string, (bank: Bank, request: VerifiedRequest) => Fields> = {
  "alipay.trade.query": ({ trades }, { account, biz }) => queried(trades.ofMerchant(account, biz)),
  "alipay.trade.close": ({ trades }, { account, biz }) => {
    const trade = trades.ofMerchant(account, biz);
    trades.close(trade);
    return { out_trade_no: trade.outTradeNo, trade_no: trade.tradeNo };
  },
  "alipay.trade.precreate": precreated,
  "alipay.trade.refund": refunded,
  "alipay.trade.fastpay.refund.query": refundQueried,
};

/** Query and form parameters of a call together: programs may split them as they like. */
export function callParameters(call: Call): Parameters {
  return { ...Object.fromEntries(call.query), ...Object.fromEntries(new URLSearchParams(call.body)) };
}

/** Answers one call of `gateway.do`. */
export function answerGateway(bank: Bank, call: Call, fault: AnswerFault): Reply {
  const instead = replyInstead(fault);
  if (instead) return instead;
  const parameters = callParameters(call);
  const method = methods[parameters.method ?? ""];
  let account: AlipayAccount | undefined;
  try {
    if (!parameters.method) throw new AlipayError("40001", "isv.missing-method", "method is missing");
    if (!method)
      throw new AlipayError("40002", "isv.invalid-method", `method ${parameters.method} is not known`);
    account = namedAccount(parameters, bank.accounts);
    const fields = method(bank, verifyRequest(account, parameters, bank.clock.now()));
    return answer(parameters.method, { code: "10000", msg: "Success", ...fields }, fault, account);
  } catch (error) {
    if (!(error instanceof AlipayError)) throw error;
    return answer(parameters.method, error.fields(), fault, account);
  }
}

/**
 * Signs over the exact text of the inner object. Slashes are escaped as Alipay does, so who re-serialises cannot
 * verify. A request of nobody, or for nothing known, is answered with an unsigned `error_response`.
 */
function answer(
  method: string | undefined,
  fields: Fields,
  fault: AnswerFault,
  account?: AlipayAccount,
): Reply {
  const text = JSON.stringify(fields).replaceAll("/", "\\/");
  const name = account && method ? `${method.replaceAll(".", "_")}_response` : "error_response";
  const signature = account && !fault.unsigned ? `,"sign":"${signRsa2(text, account.platformKey)}"` : "";
  return {
    status: 200,
    headers: { "content-type": "text/html;charset=utf-8" },
    body: `{"${name}":${text}${signature}}`,
  };
}

function queried(trade: Trade): Fields {
  const amount = decimal(trade.fen, 2);
  return {
    buyer_logon_id: "buy***@example.com",
    buyer_pay_amount: trade.paidAt ? amount : "0.00",
    buyer_user_id: trade.buyerId,
    invoice_amount: trade.paidAt ? amount : "0.00",
    out_trade_no: trade.outTradeNo,
    point_amount: "0.00",
    receipt_amount: trade.paidAt ? amount : "0.00",
    ...(trade.paidAt && { send_pay_date: toBeijing(trade.paidAt) }),
    subject: trade.subject,
    total_amount: amount,
    trade_no: trade.tradeNo,
    trade_status: trade.status,
  };
}

/** A QR code; the trade comes to be when somebody scans it. */
function precreated({ clock, codes, trades }: Bank, request: VerifiedRequest): Fields {
  const wanted = readPrecreate(request, clock.now());
  trades.checkOpen(request.account, wanted);
  return { out_trade_no: wanted.outTradeNo, qr_code: codes.make(request.account, wanted).url };
}
