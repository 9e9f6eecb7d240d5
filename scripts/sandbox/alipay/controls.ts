import { amountField, Refusal, requiredString, stringField } from "../kernel/call.ts";
import { randomDigits } from "../kernel/random.ts";
import type { Simulator, Which } from "../kernel/serve-simulator.ts";
import { AlipayError } from "./alipay-error.ts";
import type { Bank } from "./gateway.ts";
import { type Charset, charsets } from "./gbk.ts";
import { notify } from "./notification.ts";
import type { QrCode } from "./qr-codes.ts";
import { refundableFen, type Trade } from "./trade.ts";

/** Control routes that take more than an order number, or that only Alipay has. */
export function alipayControls(bank: Bank): NonNullable<Simulator["extra"]> {
  const { clock, accounts, refunds, webhooks } = bank;
  const named = (body: Record<string, unknown>) =>
    meantTrade(bank, { orderNo: requiredString(body, "order_no"), account: stringField(body, "account") });
  return {
    refund(body) {
      const trade = named(body);
      const fen = amountField(body, "amount", 2) ?? refundableFen(trade);
      const wanted = { requestNo: randomDigits(20), fen, inConsole: true, settled: true };
      const { refund } = asControl(() => refunds.refund(trade, wanted));
      notify(clock, webhooks, trade, refund);
      return { ...shown(trade), refund_no: refund.requestNo };
    },
    "refund-result": (body) => refundResult(bank, body),
    charset: (body) => setCharset(bank, body),
    // Some products tell of unpaid closes, too; most do not.
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
      const id = requiredString(body, "account");
      const account = accounts.get(id);
      if (!account) throw new Refusal(404, `Alipay has no application ${id}.`);
      account.availableFen = amountField(body, "available", 2);
      return { account: id, available_minor: account.availableFen ?? null };
    },
  };
}

/** `{account, answers?, notices?}`: in which of the two Alipay writes to this application from now on. */
function setCharset({ accounts }: Bank, body: Record<string, unknown>): object {
  const account = accounts.get(requiredString(body, "account"));
  if (!account) throw new Refusal(404, `Alipay has no application ${body.account}.`);
  const wanted = (name: string, now: Charset): Charset => {
    const asked = stringField(body, name) ?? now;
    const found = charsets.find((charset) => charset === asked);
    if (!found) throw new Refusal(400, `${name} must be one of ${charsets.join(", ")}.`);
    return found;
  };
  account.answersIn = wanted("answers", account.answersIn);
  account.noticesIn = wanted("notices", account.noticesIn);
  return { account: account.appId, answers: account.answersIn, notices: account.noticesIn };
}

/** `{status: "PROCESSING"}`: the next refund's money does not move. `{refund_no, status: "SUCCESS"}`: now it does. */
function refundResult(
  { clock, trades, refunds, webhooks, refundPlan }: Bank,
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

/** The trade that a control call means. Whoever pays a QR code has scanned it: that opens the trade. */
export function meantTrade(bank: Bank, which: Which, scans = false): Trade {
  const { orderNo, account } = which;
  const found = bank.trades
    .all()
    .filter((trade) => trade.outTradeNo === orderNo && (!account || trade.account.appId === account));
  if (found.length > 1) {
    throw new Refusal(409, `Several accounts have a trade ${orderNo}: say which "account".`);
  }
  if (found[0]) return found[0];
  const code = scans ? meantCode(bank, which) : undefined;
  if (code) return asControl(() => bank.trades.open(code.account, code.wanted));
  throw new Refusal(
    404,
    `Alipay has no trade ${orderNo}: there is none before the pay URL was opened by GET.`,
  );
}

/** The newest QR code for an order. */
export function meantCode({ codes }: Bank, { orderNo, account }: Which): QrCode | undefined {
  return codes.ofOrder(orderNo).findLast((code) => !account || code.account.appId === account);
}

/** What Alipay refuses is a 409 on a control route. */
export function asControl<T>(act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw error instanceof AlipayError ? new Refusal(409, `${error.subCode}: ${error.message}`) : error;
  }
}

/** What a control route answers about a trade. */
export function shown(trade: Trade): object {
  return { order_no: trade.outTradeNo, trade_no: trade.tradeNo, status: trade.status };
}
