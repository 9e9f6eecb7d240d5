import type { Clock } from "../../../lib/clock.ts";
import type { Call, Reply } from "../kernel/call.ts";
import type { AnswerFault } from "../kernel/faults.ts";
import { replyInstead } from "../kernel/serve-simulator.ts";
import type { PlatformKey, WechatAccount } from "./accounts.ts";
import { answer, answeringKey, bodyText, signatureHeaders } from "./answer.ts";
import { toBeijing } from "./beijing-time.ts";
import { checkMchId, readNativeOrder } from "./native-order.ts";
import { readBody } from "./read-body.ts";
import { readRefundRequest } from "./refund-request.ts";
import type { Refunds } from "./refunds.ts";
import { nameOf, statusOf } from "./refusal-codes.ts";
import { encrypt } from "./resource.ts";
import type { Trades } from "./trades.ts";
import { paramError, WechatError, type WechatErrorCode } from "./wechat-error.ts";
import { refundObject, transactionObject } from "./wire.ts";

/** The dependencies of the API. `verify` throws SIGN_ERROR. */
export type ApiDeps = {
  clock: Clock;
  trades: Trades;
  refunds: Refunds;
  verify(call: Call): WechatAccount;
};

/** An authenticated call; `named` comes from the path. */
type Requested = { account: WechatAccount; named: string; call: Call };

/** A route that returns no object answers an empty 204. */
type Route = [
  method: "GET" | "POST",
  path: RegExp,
  act: (deps: ApiDeps, requested: Requested) => object | undefined,
];

const routes: Route[] = [
  ["POST", /^\/v3\/pay\/transactions\/native$/, createNative],
  ["GET", /^\/v3\/pay\/transactions\/out-trade-no\/([^/]+)$/, queryByOutTradeNo],
  ["GET", /^\/v3\/pay\/transactions\/id\/([^/]+)$/, queryByTransactionId],
  ["POST", /^\/v3\/pay\/transactions\/out-trade-no\/([^/]+)\/close$/, close],
  ["POST", /^\/v3\/refund\/domestic\/refunds$/, refund],
  [
    "GET",
    /^\/v3\/refund\/domestic\/refunds\/([^/]+)$/,
    ({ refunds }, { account, named }) => refundObject(refunds.ofMerchant(account, named)),
  ],
  ["GET", /^\/v3\/certificates$/, certificates],
];

/**
 * Answers one call. The answer, also a refusal, is signed when the call's own signature was valid
 * (wechatpay-api.gitbook.io/wechatpay-api-v3/qian-ming-zhi-nan-1/qian-ming-yan-zheng).
 */
export function answerApi(deps: ApiDeps, call: Call, fault: AnswerFault): Reply {
  const instead = errorInstead(fault, call);
  const inFront = instead ? undefined : replyInstead(fault);
  if (inFront) return inFront;
  let key: PlatformKey | undefined;
  let status = 200;
  let body: object | undefined;
  try {
    checkHeaders(call);
    const account = deps.verify(call);
    key = answeringKey(account, undefined);
    key = answeringKey(account, call.headers["wechatpay-serial"]);
    if (instead) throw instead;
    body = execute(deps, account, call);
    status = body === undefined ? 204 : 200;
  } catch (error) {
    if (!(error instanceof WechatError)) throw error;
    [status, body] = [error.status, error.body()];
  }
  return signedAnswer(deps.clock, { key, status, body, fault });
}

type Unsigned = {
  key: PlatformKey | undefined;
  status: number;
  body: object | undefined;
  fault: AnswerFault;
};

function signedAnswer(clock: Clock, { key, status, body, fault }: Unsigned): Reply {
  const headers: Record<string, string> = { "request-id": crypto.randomUUID() };
  if (fault.retry_after !== undefined) headers["retry-after"] = String(fault.retry_after);
  const signature = key ? signatureHeaders(key, bodyText(body), clock.now(), fault) : {};
  return answer(status, body, { ...headers, ...signature });
}

/** Statuses with which WeChat itself answers; any other comes from a proxy in front of it, as HTML. */
const codesInstead: Partial<Record<number, WechatErrorCode>> = {
  401: "SIGN_ERROR",
  403: "NO_AUTH",
  429: "FREQUENCY_LIMITED",
  500: "SYSTEM_ERROR",
};

function errorInstead(fault: AnswerFault, call: Call): WechatError | undefined {
  const { status, retry_after, html, code } = fault;
  if (html) return undefined;
  if (code !== undefined) {
    return new WechatError(code as WechatErrorCode, "simulated", undefined, statusOf(nameOf(call), code));
  }
  const replacement = codesInstead[status ?? (retry_after === undefined ? 0 : 429)];
  return replacement && new WechatError(replacement, "simulated");
}

/** The rules for every call (pay.weixin.qq.com/doc/v3/merchant/4012081709). */
function checkHeaders({ method, headers }: Call): void {
  if (!headers.accept || !headers["user-agent"]) {
    throw new WechatError("PARAM_ERROR", "Http头缺少Accept或User-Agent");
  }
  if (method === "POST" && !/^application\/json\b/.test(headers["content-type"] ?? "")) {
    throw new WechatError("PARAM_ERROR", "Content-Type must be application/json");
  }
}

function execute(deps: ApiDeps, account: WechatAccount, call: Call): object | undefined {
  for (const [method, path, act] of routes) {
    const found = path.exec(call.path);
    if (found && method === call.method) {
      return act(deps, { account, named: decodeURIComponent(found[1] ?? ""), call });
    }
  }
  throw new WechatError("RESOURCE_NOT_EXISTS", `${call.method} ${call.path} is not simulated`);
}

function createNative({ trades }: ApiDeps, { account, call }: Requested): object {
  return { code_url: trades.create(account, readNativeOrder(account, call.body)).codeUrl };
}

function queryByOutTradeNo({ trades }: ApiDeps, { account, named, call }: Requested): object {
  checkQueriedMchId(account, call);
  return transactionObject(trades.ofMerchant(account, { outTradeNo: named }));
}

function queryByTransactionId({ trades }: ApiDeps, { account, named, call }: Requested): object {
  checkQueriedMchId(account, call);
  return transactionObject(trades.ofMerchant(account, { transactionId: named }));
}

function checkQueriedMchId(account: WechatAccount, { query }: Call): void {
  const mchId = query.get("mchid");
  if (!mchId) throw paramError("query", "mchid", "必填");
  if (mchId !== account.mchId) throw new WechatError("INVALID_REQUEST", "mchid与签名的商户号不一致");
}

function close({ trades }: ApiDeps, { account, named, call }: Requested): undefined {
  const members = readBody(call.body);
  checkMchId(account, members);
  members.done();
  trades.close(trades.ofMerchant(account, { outTradeNo: named }));
}

function refund({ refunds }: ApiDeps, { account, call }: Requested): object {
  return refundObject(refunds.create(account, readRefundRequest(call.body)));
}

/** Merchants on the public key have none and always get 404 (github.com/wechatpay-apiv3/wechatpay-java/issues/306). */
function certificates(_: ApiDeps, { account }: Requested): object {
  if (account.certificates.length === 0) {
    throw new WechatError("RESOURCE_NOT_EXISTS", "无可用的平台证书，请使用微信支付公钥");
  }
  const data = account.certificates.map(({ serialNumber, validFrom, validTo, certificatePem }) => ({
    serial_no: serialNumber,
    effective_time: toBeijing(validFrom),
    expire_time: toBeijing(validTo),
    encrypt_certificate: encrypt(account.apiV3Key, certificatePem, "certificate"),
  }));
  return { data };
}
