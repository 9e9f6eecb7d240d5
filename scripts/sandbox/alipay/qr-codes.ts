import { isDeepStrictEqual } from "node:util";
import { type Clock, secondsAfter } from "../../../lib/clock.ts";
import type { Keep } from "../kernel/kept-state.ts";
import { randomText } from "../kernel/random.ts";
import type { AlipayAccount } from "./accounts.ts";
import { businessError } from "./alipay-error.ts";
import type { PagePay } from "./page-pay.ts";

/** A code made by `alipay.trade.precreate`; `url` is what the picture says, here a page of the simulator. */
export type QrCode = {
  id: string;
  url: string;
  account: AlipayAccount;
  wanted: PagePay;
  scannableUntil: Date;
};

export type QrCodes = {
  /** The code that was made for exactly this, or a new one; several codes may be for one order until one is scanned. */
  make(account: AlipayAccount, wanted: PagePay): QrCode;
  find(id: string | undefined): QrCode | undefined;
  /** Codes for this order number, the newest last. */
  ofOrder(outTradeNo: string): QrCode[];
  /** What the code asks for, when it is scanned now. Throws an `AlipayError` once its two hours are over. */
  scanned(code: QrCode): PagePay;
  /** No longer good for scanning. */
  expire(code: QrCode): void;
};

/** Whatever `time_expire` says (alipay-sdk-php-all v3 `AlipayTradePrecreateModel`, time_expire). */
const lifeSeconds = 2 * 3600;

/** The codes that Alipay has handed out. Without `time_expire` a code asked for again is another one. */
export function createQrCodes(clock: Clock, origin: () => string, keep: Keep): QrCodes {
  const codes = keep<QrCode[]>("codes", []);
  return {
    make(account, wanted) {
      const same = codes.find((code) => code.account === account && isDeepStrictEqual(code.wanted, wanted));
      if (same) return same;
      const id = `bax${randomText(24).toLowerCase()}`;
      const scannableUntil = secondsAfter(clock.now(), lifeSeconds);
      const code = { id, url: `${origin()}/qr/${id}`, account, wanted, scannableUntil };
      codes.push(code);
      return code;
    },
    find: (id) => codes.find((code) => code.id === id),
    ofOrder: (outTradeNo) => codes.filter(({ wanted }) => wanted.outTradeNo === outTradeNo),
    scanned({ wanted, scannableUntil }) {
      if (clock.now() >= scannableUntil) throw businessError("INVALID_PARAMETER", "the code has lapsed");
      return wanted;
    },
    expire(code) {
      code.wanted = { ...code.wanted, expiresAt: clock.now() };
    },
  };
}
