import { amountField, Refusal, requiredString, stringField } from "../kernel/call.ts";
import { randomDigits } from "../kernel/random.ts";
import type { Simulator, Which } from "../kernel/serve-simulator.ts";
import { replaceKey } from "./accounts.ts";
import { AlipayError } from "./alipay-error.ts";
import { type Charset, charsets } from "./gbk.ts";
import { notify } from "./notification.ts";
import type { QrCode } from "./qr-codes.ts";
import type { State } from "./state.ts";
import { refundableFen, type Trade } from "./trade.ts";

/** Control routes that take more than an order number, or that only Alipay has. */
export function alipayControls(state: State): NonNullable<Simulator["controls"]> {
  const { clock, accounts, refunds, webhooks } = state;
  const named = (body: Record<string, unknown>) =>
    meantTrade(state, { orderNo: requiredString(body, "order_no"), account: stringField(body, "account") });
  const namedApp = (body: Record<string, unknown>) => {
    const id = requiredString(body, "account");
    const account = accounts.get(id);
    if (!account) throw new Refusal(404, `Alipay has no application ${id}.`);
    return account;
  };
  return {
    refund(body) {
      const trade = named(body);
      const fen = amountField(body, "amount", 2) ?? refundableFen(trade);
      const input = { requestNo: randomDigits(20), fen, inConsole: true, settled: true };
      const { refund } = asControl(() => refunds.refund(trade, input));
      notify(clock, webhooks, trade, refund);
      return { ...shown(trade), refund_no: refund.requestNo };
    },
    "refund-result": (body) => refundResult(state, body),
    charset: (body) => setCharset(state, body),
    // Some of Alipay's products also notify about unpaid closes; most do not.
    "tell-closed"(body) {
      const trade = named(body);
      if (trade.status !== "TRADE_CLOSED") throw new Refusal(409, `The trade is ${trade.status}.`);
      notify(clock, webhooks, trade);
      return shown(trade);
    },
    finish(body) {
      const trade = named(body);
      asControl(() => refunds.finish(trade));
      notify(clock, webhooks, trade);
      return shown(trade);
    },
    balance(body) {
      const account = namedApp(body);
      account.availableFen = amountField(body, "available", 2);
      return { account: account.appId, available_minor: account.availableFen ?? null };
    },
    "replace-key": (body) => replaceKey(namedApp(body)),
  };
}

/** `{account, answers?, notices?}`: sets the charsets in which Alipay writes to this application. */
function setCharset({ accounts }: State, body: Record<string, unknown>): object {
  const account = accounts.get(requiredString(body, "account"));
  if (!account) throw new Refusal(404, `Alipay has no application ${body.account}.`);
  const input = (name: string, now: Charset): Charset => {
    const requested = stringField(body, name) ?? now;
    const found = charsets.find((charset) => charset === requested);
    if (!found) throw new Refusal(400, `${name} must be one of ${charsets.join(", ")}.`);
    return found;
  };
  account.answersIn = input("answers", account.answersIn);
  account.noticesIn = input("notices", account.noticesIn);
  return { account: account.appId, answers: account.answersIn, notices: account.noticesIn };
}

/** `{status: "PROCESSING"}`: the next refund stays unsettled. `{refund_no, status: "SUCCESS"}`: settles that refund. */
function refundResult(
  { clock, trades, refunds, webhooks, refundPlan }: State,
  body: Record<string, unknown>,
): object {
  const refundNo = stringField(body, "refund_no");
  if (refundNo === undefined) {
    if (body.status !== "SUCCESS" && body.status !== "PROCESSING") throw unknownStatus();
    refundPlan.nextSettles = body.status === "SUCCESS";
    return { next: body.status };
  }
  if (body.status !== "SUCCESS") throw unknownStatus();
  for (const trade of trades.all()) {
    const refund = trade.refunds.find(({ requestNo }) => requestNo === refundNo);
    if (!refund) continue;
    if (!refund.settled) {
      refunds.settle(trade, refund);
      notify(clock, webhooks, trade, refund);
    }
    return { refund_no: refundNo, status: "SUCCESS" };
  }
  throw new Refusal(404, `Alipay has no refund ${refundNo}.`);
}

function unknownStatus(): Refusal {
  return new Refusal(400, "status must be SUCCESS, or PROCESSING for the next refund.");
}

/** The trade that a control call refers to. `scans`: the order's QR code is scanned first, which opens the trade. */
export function meantTrade(state: State, which: Which, scans = false): Trade {
  const { orderNo, account } = which;
  const found = state.trades
    .all()
    .filter((trade) => trade.outTradeNo === orderNo && (!account || trade.account.appId === account));
  if (found.length > 1) {
    throw new Refusal(409, `Several accounts have a trade ${orderNo}: name one in "account".`);
  }
  if (found[0]) return found[0];
  const code = scans ? meantCode(state, which) : undefined;
  if (code) return asControl(() => state.trades.open(code.account, state.codes.scanned(code)));
  throw new Refusal(404, `Alipay has no trade ${orderNo}: open the pay URL by GET first.`);
}

/** The newest QR code for an order. */
export function meantCode({ codes }: State, { orderNo, account }: Which): QrCode | undefined {
  return codes.ofOrder(orderNo).findLast((code) => !account || code.account.appId === account);
}

/** Turns Alipay's refusal into a 409 of the control route. */
export function asControl<T>(act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw error instanceof AlipayError ? new Refusal(409, `${error.subCode}: ${error.message}`) : error;
  }
}

/** A control route's answer about a trade. */
export function shown(trade: Trade): object {
  return { order_no: trade.outTradeNo, trade_no: trade.tradeNo, status: trade.status };
}
