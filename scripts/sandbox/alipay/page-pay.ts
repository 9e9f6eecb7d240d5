import { AlipayError, businessError } from "./alipay-error.ts";
import { fromBeijing } from "./beijing-time.ts";
import { gbkLength } from "./gbk.ts";
import { maxPayUrlAgeMs, type VerifiedRequest } from "./verify-request.ts";

/** The payment pages, opened by a browser: the product of each method. */
const products: Readonly<Record<string, string>> = {
  "alipay.trade.page.pay": "FAST_INSTANT_TRADE_PAY",
};

export function isPage(method = ""): boolean {
  return Object.hasOwn(products, method);
}

/** The input of a payment page and of `alipay.trade.precreate`. */
export type PagePay = {
  method: string;
  outTradeNo: string;
  fen: number;
  subject: string;
  body: string | undefined;
  passbackParams: string | undefined;
  notifyUrl: string | undefined;
  returnUrl: string | undefined;
  expiresAt: Date;
  /** For a QR code: as requested, "" if it was absent. */
  productCode?: string;
};

const maxFen = 100_000_000_00;

/** Reads the business content of a pay URL (opendocs.alipay.com/open/028r8t). Throws `ACQ.INVALID_PARAMETER`. */
export function readPagePay(request: VerifiedRequest, now: Date): PagePay {
  const { method = "" } = request.parameters;
  if (!isPage(method)) throw new AlipayError("40002", "isv.invalid-method", `${method} is no payment page`);
  if (request.biz.product_code !== products[method])
    throw invalid(`product_code must be ${products[method]}`);
  return readOrder(request, { now, lifeMs: maxPayUrlAgeMs, amountLength: 11 });
}

/** Product codes that a QR code may have; it may also be absent. */
const qrProducts: unknown[] = [undefined, "FACE_TO_FACE_PAYMENT", "QR_CODE_OFFLINE"];
const qrLifeMs = 2 * 3600 * 1000;

/** Reads the business content for a QR code (opendocs.alipay.com/open/02ekfg). Throws `ACQ.INVALID_PARAMETER`. */
export function readPrecreate(request: VerifiedRequest, now: Date): PagePay {
  if (!qrProducts.includes(request.biz.product_code)) throw invalid("product_code is not one of a QR code");
  const input = readOrder(request, { now, lifeMs: qrLifeMs, amountLength: 12 });
  return { ...input, productCode: String(request.biz.product_code ?? ""), returnUrl: undefined };
}

/** `lifeMs`: how long it can be paid without `time_expire`. `amountLength`: in characters, Price(11) or Price(12). */
type OrderRules = { now: Date; lifeMs: number; amountLength: number };

function readOrder({ parameters, biz }: VerifiedRequest, rules: OrderRules): PagePay {
  if (biz.timeout_express !== undefined) throw invalid("timeout_express is not simulated: use time_expire");
  const outTradeNo = readText(biz, "out_trade_no", 64);
  if (!outTradeNo || !/^[0-9A-Za-z_]+$/.test(outTradeNo)) {
    throw invalid("out_trade_no must be 1 to 64 letters, digits or _");
  }
  const subject = readText(biz, "subject", 256);
  if (!subject) throw invalid("subject is missing");
  if (/[/=&]/.test(subject)) throw invalid("subject must not hold /, = or &");
  if (String(biz.total_amount).length > rules.amountLength) throw invalid("total_amount is too long");
  return {
    method: parameters.method ?? "",
    outTradeNo,
    subject,
    fen: parseFen(biz.total_amount, "total_amount"),
    body: readText(biz, "body", 128),
    passbackParams: readText(biz, "passback_params", 512),
    notifyUrl: parameters.notify_url || undefined,
    returnUrl: parameters.return_url || undefined,
    expiresAt: expiry(biz.time_expire, rules),
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

function expiry(value: unknown, { now, lifeMs }: OrderRules): Date {
  const latest = new Date(now.getTime() + maxPayUrlAgeMs);
  if (value === undefined) return new Date(now.getTime() + lifeMs);
  const time = typeof value === "string" ? fromBeijing(value) : undefined;
  if (!time) throw invalid("time_expire must be yyyy-MM-dd HH:mm:ss in UTC+8");
  if (time > latest) throw invalid("time_expire must be within 15 days");
  return time;
}

/**
 * A text of at most `longest` bytes in GBK, which is how older pages of Alipay count. Throws `ACQ.INVALID_PARAMETER`.
 */
export function readText(biz: Record<string, unknown>, name: string, longest: number): string | undefined {
  const value = biz[name];
  if (value === undefined) return undefined;
  if (typeof value !== "string" || !value.isWellFormed() || gbkLength(value) > longest) {
    throw invalid(`${name} must be a text of at most ${longest} bytes in GBK`);
  }
  return value;
}

function invalid(message: string): Error {
  return businessError("INVALID_PARAMETER", message);
}
