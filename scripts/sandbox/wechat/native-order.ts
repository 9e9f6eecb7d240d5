import type { WechatAccount } from "./accounts.ts";
import { fromBeijing } from "./beijing-time.ts";
import { readNotifyUrl } from "./notify-url.ts";
import { type Members, readBody } from "./read-body.ts";
import { paramError, WechatError } from "./wechat-error.ts";

/** The input of `POST /v3/pay/transactions/native`. */
export type NativeOrder = {
  /** One of the apps that are bound to the merchant. */
  appId: string;
  description: string;
  outTradeNo: string;
  fen: number;
  attach: string | undefined;
  notifyUrl: string;
  /** As requested; the order's actual expiry may differ (`trades.ts`). */
  timeExpire: Date | undefined;
};

/** Reads the order (pay.weixin.qq.com/wiki/doc/apiv3/apis/chapter3_4_1.shtml). Throws a `WechatError`. */
export function readNativeOrder(account: WechatAccount, body: string): NativeOrder {
  const members = readBody(body);
  const appId = members.text("appid", { maxBytes: 32 });
  if (!account.appIds.includes(appId)) {
    throw new WechatError("APPID_MCHID_NOT_MATCH", "appid和mchid不匹配");
  }
  checkMchId(account, members);
  const outTradeNo = members.text("out_trade_no", { maxBytes: 32, pattern: /^[\w\-|*]{6,32}$/ });
  const description = members.text("description", { maxBytes: 127 });
  const attach = members.optionalText("attach", { maxBytes: 128 });
  const timeExpire = readExpiry(members);
  const notifyUrl = readNotifyUrl(members, 255);
  if (notifyUrl === undefined) throw paramError("body", "/notify_url", "必填");
  const amount = members.members("amount");
  const fen = amount.fen("total");
  checkCurrency(amount);
  amount.done();
  members.done();
  return { appId, description, outTradeNo, fen, attach, notifyUrl, timeExpire };
}

/** `mchid` must be the merchant that signed the request. */
export function checkMchId(account: WechatAccount, members: Members): void {
  if (members.text("mchid", { maxBytes: 32 }) !== account.mchId) {
    throw new WechatError("INVALID_REQUEST", "mchid与签名的商户号不一致");
  }
}

/** CNY is the only currency of a merchant in China, and the default. */
export function checkCurrency(amount: Members): void {
  amount.optionalText("currency", { maxBytes: 16, pattern: /^CNY$/ });
}

function readExpiry(members: Members): Date | undefined {
  const provided = members.optionalText("time_expire", { maxBytes: 64 });
  if (provided === undefined) return undefined;
  const time = fromBeijing(provided);
  if (!time) throw paramError("body", "/time_expire", "must be yyyy-MM-ddTHH:mm:ss+08:00");
  return time;
}
