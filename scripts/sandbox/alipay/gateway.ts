import type { Clock } from "../../../lib/clock.ts";
import type { Call, Reply } from "../kernel/call.ts";
import type { AnswerFault } from "../kernel/faults.ts";
import { replyInstead } from "../kernel/serve-simulator.ts";
import type { WebhookSender } from "../kernel/webhook-sender.ts";
import type { AlipayAccount } from "./accounts.ts";
import { AlipayError, businessError, namedError } from "./alipay-error.ts";
import { encoded } from "./gbk.ts";
import { readPrecreate } from "./page-pay.ts";
import type { QrCodes } from "./qr-codes.ts";
import { type RefundPlan, refunded, refundQueried } from "./refunds.ts";
import { type Parameters, signRsa2 } from "./signature.ts";
import { queried } from "./trade-query.ts";
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
export type Fields = Record<string, unknown>;

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
    if (fault.code !== undefined) throw namedError(fault.code);
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
  const content = encoded(JSON.stringify(fields).replaceAll("/", "\\/"), account?.answersIn ?? "utf-8");
  const name = account && method ? `${method.replaceAll(".", "_")}_response` : "error_response";
  const signature = account && !fault.unsigned ? `,"sign":"${signRsa2(content, account.platformKey)}"` : "";
  return {
    status: 200,
    // Says so also of answers in GBK (github.com/smartwalle/alipay/pull/257).
    headers: { "content-type": "text/html;charset=utf-8" },
    body: Buffer.concat([Buffer.from(`{"${name}":`), content, Buffer.from(`${signature}}`)]),
  };
}

/** A QR code; the trade comes to be when somebody scans it. */
function precreated({ clock, codes, trades }: Bank, request: VerifiedRequest): Fields {
  const wanted = readPrecreate(request, clock.now());
  const isRepeated = codes.ofOrder(wanted.outTradeNo).some(({ account }) => account === request.account);
  // Of order codes alone it is written that a number gets one code (opendocs.alipay.com/open/05osuz).
  if (isRepeated && wanted.productCode === "QR_CODE_OFFLINE")
    throw businessError("APPLY_PC_MERCHANT_CODE_ERROR", "a code was made for this out_trade_no already");
  trades.checkOpen(request.account, wanted);
  return { out_trade_no: wanted.outTradeNo, qr_code: codes.make(request.account, wanted).url };
}
