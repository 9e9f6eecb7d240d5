import { StripeError } from "./stripe-error.ts";

const zeroDecimal = "bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf".split(" ");
const threeDecimal = "bhd jod kwd omr tnd".split(" ");
/** Zero-decimal in fact, written with two decimals that must be 00 (docs.stripe.com/currencies#special-cases). */
const wholeUnitsOnly = "isk ugx".split(" ");
const twoDecimal =
  "aed afn all amd aoa ars aud awg azn bam bbd bdt bgn bmd bnd bob brl bsd bwp byn bzd cad cdf chf cny cop crc cve czk dkk dop dzd egp etb eur fjd fkp gbp gel gip gmd gtq gyd hkd hnl htg huf idr ils inr jmd kes kgs khr kyd kzt lak lbp lkr lrd lsl mad mdl mkd mmk mnt mop mur mvr mwk mxn myr mzn nad ngn nio nok npr nzd pab pen pgk php pkr pln qar ron rsd rub sar sbd scr sek sgd shp sle sos srd std szl thb tjs top try ttd twd tzs uah usd uyu uzs wst xcd xcg yer zar zmw".split(
    " ",
  );

/** Smallest charge in minor units (docs.stripe.com/currencies#minimum-and-maximum-charge-amounts). */
const smallest: Record<string, number> = {
  aed: 200,
  bgn: 100,
  czk: 1500,
  dkk: 250,
  gbp: 30,
  hkd: 400,
  huf: 17_500,
  jpy: 50,
  mxn: 1000,
  myr: 200,
  nok: 300,
  pln: 200,
  ron: 200,
  sek: 300,
  thb: 1000,
};

/** For currencies without a row above: Stripe requires half a dollar's equivalent, the simulator 50 minor units. */
const smallestOtherwise = 50;
/** Largest charge in minor units (same page): eight digits, except for these; the limits of most card brands. */
const largest: Record<string, number> = {
  cop: 9_999_999_999,
  huf: 9_999_999_999,
  idr: 999_999_999_999,
  inr: 999_999_999,
  jpy: 9_999_999_999,
  lbp: 999_999_999_999,
};
const largestOtherwise = 99_999_999;

/** Decimals of a currency at Stripe (not ISO's). Undefined: Stripe does not charge in it. */
export function exponentOf(currency: string): number | undefined {
  if (zeroDecimal.includes(currency)) return 0;
  if (threeDecimal.includes(currency)) return 3;
  return twoDecimal.includes(currency) || wholeUnitsOnly.includes(currency) ? 2 : undefined;
}

/** Refuses an amount that Stripe does not charge in this currency. Throws a `StripeError`. */
export function checkAmount(minor: number, currency: string): void {
  const param = "line_items[0][price_data][unit_amount]";
  if (exponentOf(currency) === undefined) {
    throw new StripeError(`Invalid currency: ${currency}.`, { param: "line_items[0][price_data][currency]" });
  }
  const step = wholeUnitsOnly.includes(currency) ? 100 : threeDecimal.includes(currency) ? 10 : 1;
  if (minor % step !== 0) {
    throw new StripeError(`Amounts in ${currency} must be divisible by ${step}.`, { param });
  }
  const least = smallest[currency] ?? smallestOtherwise;
  if (minor < least) {
    throw new StripeError(`The Checkout Session's total amount must be at least ${least} ${currency}.`, {
      code: "amount_too_small",
    });
  }
  const most = largest[currency] ?? largestOtherwise;
  if (minor > most) {
    throw new StripeError(`The Checkout Session's total amount must be at most ${most} ${currency}.`, {
      code: "amount_too_large",
    });
  }
}
