import { isDeepStrictEqual } from "node:util";
import { type Clock, secondsAfter } from "../../../lib/clock.ts";
import { randomText } from "../kernel/random.ts";
import type { Keep } from "../kernel/stored-state.ts";
import type { AlipayAccount } from "./accounts.ts";
import { businessError } from "./alipay-error.ts";
import type { PagePay } from "./page-pay.ts";

/** A code made by `alipay.trade.precreate`; `url` is the content of the code, here a page of the simulator. */
export type QrCode = {
  id: string;
  url: string;
  account: AlipayAccount;
  input: PagePay;
  scannableUntil: Date;
};

export type QrCodes = {
  /** Returns the code with exactly this input, or a new one. An order may have several codes until one is scanned. */
  make(account: AlipayAccount, input: PagePay): QrCode;
  find(id: string | undefined): QrCode | undefined;
  /** Codes for this order number, the newest last. */
  ofOrder(outTradeNo: string): QrCode[];
  /** Scans the code: returns its input. Throws an `AlipayError` once its two hours are over. */
  scanned(code: QrCode): PagePay;
  /** Expires the code's order now, so that scanning the code fails. */
  expire(code: QrCode): void;
};

/** Regardless of `time_expire` (alipay-sdk-php-all v3 `AlipayTradePrecreateModel`, time_expire). */
const lifeSeconds = 2 * 3600;

/** Alipay's QR codes. Without `time_expire`, a repeated request gets another code. */
export function createQrCodes(clock: Clock, origin: () => string, keep: Keep): QrCodes {
  const codes = keep<QrCode[]>("codes", []);
  return {
    make(account, input) {
      const same = codes.find((code) => code.account === account && isDeepStrictEqual(code.input, input));
      if (same) return same;
      const id = `bax${randomText(24).toLowerCase()}`;
      const scannableUntil = secondsAfter(clock.now(), lifeSeconds);
      const code = { id, url: `${origin()}/qr/${id}`, account, input, scannableUntil };
      codes.push(code);
      return code;
    },
    find: (id) => codes.find((code) => code.id === id),
    ofOrder: (outTradeNo) => codes.filter(({ input }) => input.outTradeNo === outTradeNo),
    scanned({ input, scannableUntil }) {
      if (clock.now() >= scannableUntil) throw businessError("INVALID_PARAMETER", "the code has lapsed");
      return input;
    },
    expire(code) {
      code.input = { ...code.input, expiresAt: clock.now() };
    },
  };
}
