import type { Call, Reply } from "../kernel/call.ts";
import type { AnswerFault } from "../kernel/faults.ts";
import { replyInstead } from "../kernel/serve-simulator.ts";
import type { AlipayAccount } from "./accounts.ts";
import { AlipayError, businessError, namedError } from "./alipay-error.ts";
import { encoded } from "./gbk.ts";
import { readPrecreate } from "./page-pay.ts";
import { refunded, refundQueried } from "./refunds.ts";
import { type Parameters, signRsa2 } from "./signature.ts";
import type { Fields, State } from "./state.ts";
import { queried } from "./trade-query.ts";
import { namedAccount, type VerifiedRequest, verifyRequest } from "./verify-request.ts";

/** The methods a merchant's program can call; payment pages are opened by a browser instead. */
const methods: Record<string, (state: State, request: VerifiedRequest) => Fields> = {
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

/** Query and form parameters of a call together: clients may send them in either. */
export function callParameters(call: Call): Parameters {
  return { ...Object.fromEntries(call.query), ...Object.fromEntries(new URLSearchParams(call.body)) };
}

/** Answers one call of `gateway.do`. */
export function answerGateway(state: State, call: Call, fault: AnswerFault): Reply {
  const instead = replyInstead(fault);
  if (instead) return instead;
  const parameters = callParameters(call);
  const method = methods[parameters.method ?? ""];
  let account: AlipayAccount | undefined;
  try {
    if (!parameters.method) throw new AlipayError("40001", "isv.missing-method", "method is missing");
    if (!method)
      throw new AlipayError("40002", "isv.invalid-method", `method ${parameters.method} is not known`);
    account = namedAccount(parameters, state.accounts);
    if (fault.code !== undefined) throw namedError(fault.code);
    const fields = method(state, verifyRequest(account, parameters, state.clock.now()));
    return answer(parameters.method, { code: "10000", msg: "Success", ...fields }, fault, account);
  } catch (error) {
    if (!(error instanceof AlipayError)) throw error;
    return answer(parameters.method, error.fields(), fault, account);
  }
}

/**
 * Signs the exact text of the inner object. Slashes are escaped as Alipay does, so that a client that re-serialises the
 * object cannot verify it. An unknown application or method gets an unsigned `error_response`.
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
    // Alipay declares UTF-8 even for answers in GBK (github.com/smartwalle/alipay/pull/257).
    headers: { "content-type": "text/html;charset=utf-8" },
    body: Buffer.concat([Buffer.from(`{"${name}":`), content, Buffer.from(`${signature}}`)]),
  };
}

/** Makes a QR code; scanning it creates the trade. */
function precreated({ clock, codes, trades }: State, request: VerifiedRequest): Fields {
  const input = readPrecreate(request, clock.now());
  const isRepeated = codes.ofOrder(input.outTradeNo).some(({ account }) => account === request.account);
  // Only for order codes is it documented that an out_trade_no gets one code (opendocs.alipay.com/open/05osuz).
  if (isRepeated && input.productCode === "QR_CODE_OFFLINE")
    throw businessError("APPLY_PC_MERCHANT_CODE_ERROR", "a code was made for this out_trade_no already");
  trades.checkOpen(request.account, input);
  return { out_trade_no: input.outTradeNo, qr_code: codes.make(request.account, input).url };
}
