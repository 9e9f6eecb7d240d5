import type { WechatAccount } from "./accounts.ts";
import { fromBeijing } from "./beijing-time.ts";
import { readNotifyUrl } from "./notify-url.ts";
import { type Members, readBody } from "./read-body.ts";
import { paramError, WechatError } from "./wechat-error.ts";

/** What `POST /v3/pay/transactions/native` asks for. */
export type NativeOrder = {
  /** One of those that are bound to the merchant. */
  appId: string;
  description: string;
  outTradeNo: string;
  fen: number;
  attach: string | undefined;
  notifyUrl: string;
  /** As it was given; the order's end may be another (`trades.ts`). */
  timeExpire: Date | undefined;
};

/** Reads it (pay.weixin.qq.com/wiki/doc/apiv3/apis/chapter3_4_1.shtml). Throws a `WechatError`. */
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

/** `mchid` must be the one that has signed. */
export function checkMchId(account: WechatAccount, members: Members): void {
  if (members.text("mchid", { maxBytes: 32 }) !== account.mchId) {
    throw new WechatError("INVALID_REQUEST", "mchid与签名的商户号不一致");
  }
}

/** CNY is the only currency of a merchant in China, and what an absent one means. */
export function checkCurrency(amount: Members): void {
  amount.optionalText("currency", { maxBytes: 16, pattern: /^CNY$/ });
}

function readExpiry(members: Members): Date | undefined {
  const given = members.optionalText("time_expire", { maxBytes: 64 });
  if (given === undefined) return undefined;
  const time = fromBeijing(given);
  if (!time) throw paramError("body", "/time_expire", "must be yyyy-MM-ddTHH:mm:ss+08:00");
  return time;
}
