import { businessError } from "./alipay-error.ts";
import { fromBeijing } from "./beijing-time.ts";
import { maxPayUrlAgeMs, type VerifiedRequest } from "./verify-request.ts";

/** What `alipay.trade.page.pay` and `alipay.trade.precreate` ask for. */
export type PagePay = {
  outTradeNo: string;
  fen: number;
  subject: string;
  body: string | undefined;
  passbackParams: string | undefined;
  notifyUrl: string | undefined;
  returnUrl: string | undefined;
  expiresAt: Date;
};

const maxFen = 100_000_000_00;

/** Reads the business content of a pay URL (opendocs.alipay.com/open/028r8t). Throws `ACQ.INVALID_PARAMETER`. */
export function readPagePay(request: VerifiedRequest, now: Date): PagePay {
  if (request.biz.product_code !== "FAST_INSTANT_TRADE_PAY")
    throw invalid("product_code must be FAST_INSTANT_TRADE_PAY");
  return readOrder(request, { now, lifeMs: maxPayUrlAgeMs });
}

/** What goes without saying, and what else a QR code may be for. */
const qrProducts: unknown[] = [undefined, "FACE_TO_FACE_PAYMENT", "QR_CODE_OFFLINE"];
const qrLifeMs = 2 * 3600 * 1000;

/** Reads what a QR code is asked for (opendocs.alipay.com/open/02ekfg). Throws `ACQ.INVALID_PARAMETER`. */
export function readPrecreate(request: VerifiedRequest, now: Date): PagePay {
  if (!qrProducts.includes(request.biz.product_code)) throw invalid("product_code is not one of a QR code");
  return { ...readOrder(request, { now, lifeMs: qrLifeMs }), returnUrl: undefined };
}

/** `lifeMs`: how long it can be paid without `time_expire`. */
type OrderTime = { now: Date; lifeMs: number };

function readOrder({ parameters, biz }: VerifiedRequest, time: OrderTime): PagePay {
  if (biz.timeout_express !== undefined) throw invalid("timeout_express is not simulated: use time_expire");
  const outTradeNo = text(biz, "out_trade_no", 64);
  if (!outTradeNo || !/^[0-9A-Za-z_]+$/.test(outTradeNo)) {
    throw invalid("out_trade_no must be 1 to 64 letters, digits or _");
  }
  const subject = text(biz, "subject", 256);
  if (!subject) throw invalid("subject is missing");
  return {
    outTradeNo,
    subject,
    fen: parseFen(biz.total_amount, "total_amount"),
    body: text(biz, "body", 128),
    passbackParams: text(biz, "passback_params", 512),
    notifyUrl: parameters.notify_url || undefined,
    returnUrl: parameters.return_url || undefined,
    expiresAt: expiry(biz.time_expire, time),
  };
}

/** Yuan with at most two decimals, 0.01 to 100000000, as fen. Throws `ACQ.INVALID_PARAMETER`. */
export function parseFen(value: unknown, name: string): number {
  const [, yuan, fraction = ""] = /^(\d{1,9})(?:\.(\d{1,2}))?$/.exec(String(value)) ?? [];
  const fen = yuan === undefined ? Number.NaN : Number(yuan + fraction.padEnd(2, "0"));
  if (!(fen >= 1 && fen <= maxFen))
    throw invalid(`${name} must be 0.01 to 100000000, with at most two decimals`);
  return fen;
}

function expiry(value: unknown, { now, lifeMs }: OrderTime): Date {
  const latest = new Date(now.getTime() + maxPayUrlAgeMs);
  if (value === undefined) return new Date(now.getTime() + lifeMs);
  const time = typeof value === "string" ? fromBeijing(value) : undefined;
  if (!time) throw invalid("time_expire must be yyyy-MM-dd HH:mm:ss in UTC+8");
  if (time > latest) throw invalid("time_expire must be within 15 days");
  return time;
}

function text(biz: Record<string, unknown>, name: string, maxLength: number): string | undefined {
  const value = biz[name];
  if (value === undefined) return undefined;
  if (typeof value !== "string" || value.length > maxLength) {
    throw invalid(`${name} must be a string of at most ${maxLength} characters`);
  }
  return value;
}

function invalid(message: string): Error {
  return businessError("INVALID_PARAMETER", message);
}
