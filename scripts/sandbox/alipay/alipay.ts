import { type Call, Refusal, type Reply, seeOther } from "../kernel/call.ts";
import { decimal } from "../kernel/decimal.ts";
import { messagePage, payPage } from "../kernel/page.ts";
import type { LedgerRow, Simulator, Surroundings, Which } from "../kernel/serve-simulator.ts";
import { createWebhookSender } from "../kernel/webhook-sender.ts";
import { type AlipayAccount, createAccount } from "./accounts.ts";
import { AlipayError } from "./alipay-error.ts";
import { answerGateway, type Bank, callParameters } from "./gateway.ts";
import { notify, notifyAgainAfterSeconds, signedReturnUrl } from "./notification.ts";
import { readPagePay } from "./page-pay.ts";
import { refundedFen, type Trade } from "./trade.ts";
import { createTrades, type Trades } from "./trades.ts";
import { maxPayUrlAgeMs, namedAccount, verifyRequest } from "./verify-request.ts";

const payMethod = "alipay.trade.page.pay";

/** Alipay. `retryScale` multiplies the waits between notifications. */
export function createAlipaySimulator(surroundings: Surroundings, retryScale: number): Simulator {
  const { clock } = surroundings;
  const accounts = new Map<string, AlipayAccount>();
  const trades = createTrades(clock);
  const webhooks = createWebhookSender({
    ...surroundings,
    retryAfterSeconds: notifyAgainAfterSeconds.map((seconds) => seconds * retryScale),
    accepts: ({ status, body }) => status === 200 && body === "success",
  });
  const bank: Bank = { clock, accounts, trades, webhooks };

  function pay(trade: Trade): object {
    asControl(() => trades.pay(trade));
    notify(clock, webhooks, trade);
    return shown(trade);
  }

  return {
    webhooks,
    async createAccount() {
      const { account, credentials } = await createAccount();
      accounts.set(account.appId, account);
      return credentials;
    },
    payments: () => trades.all().map(ledgerRow),
    verbs: {
      pay: (which) => pay(meant(trades, which)),
      // One try that failed: the trade stays open and Alipay tells nobody.
      fail: (which) => shown(meant(trades, which)),
      expire(which) {
        const trade = meant(trades, which);
        asControl(() => trades.close(trade));
        return shown(trade);
      },
    },
    isApiCall: (call) => call.path === "/gateway.do" && callParameters(call).method !== payMethod,
    api: (call, fault) => answerGateway(bank, call, fault),
    browse: (call) => browse(bank, call, pay),
  };
}

function browse(bank: Bank, call: Call, pay: (trade: Trade) => object): Reply {
  if (call.path === "/gateway.do" && call.method === "GET") return openPayUrl(bank, call);
  const [, tradeNo, act] = /^\/cashier\/(\d+)\/(pay|leave)$/.exec(call.path) ?? [];
  const trade = bank.trades.all().find((known) => known.tradeNo === tradeNo);
  if (call.method !== "POST" || !trade) throw new Refusal(404, `Alipay has no ${call.method} ${call.path}.`);
  if (act === "pay") pay(trade);
  if (!trade.returnUrl) return messagePage("Alipay (simulated)", `The trade is ${trade.status}.`);
  // Who leaves without paying walks back by hand: Alipay signs a return for paid trades only.
  return seeOther(
    act === "pay" ? signedReturnUrl(trade, trade.returnUrl, bank.clock.now()) : trade.returnUrl,
  );
}

/** A browser opens a pay URL; only now the trade comes to be. */
function openPayUrl({ clock, accounts, trades }: Bank, call: Call): Reply {
  const parameters = Object.fromEntries(call.query);
  const now = clock.now();
  try {
    const account = namedAccount(parameters, accounts);
    const wanted = readPagePay(verifyRequest(account, parameters, now, maxPayUrlAgeMs), now);
    const trade = trades.open(account, wanted);
    return payPage({
      provider: "Alipay",
      subject: trade.subject,
      amount: `${decimal(trade.fen, 2)} CNY`,
      payUrl: `/cashier/${trade.tradeNo}/pay`,
      failUrl: `/cashier/${trade.tradeNo}/leave`,
      failLabel: "Leave without paying",
    });
  } catch (error) {
    if (!(error instanceof AlipayError)) throw error;
    return messagePage("Alipay (simulated)", `${error.subCode}: ${error.message}`, 400);
  }
}

function meant(trades: Trades, { orderNo, account }: Which): Trade {
  const found = trades
    .all()
    .filter((trade) => trade.outTradeNo === orderNo && (!account || trade.account.appId === account));
  if (found.length > 1)
    throw new Refusal(409, `Several accounts have a trade ${orderNo}: say which "account".`);
  if (!found[0]) {
    throw new Refusal(
      404,
      `Alipay has no trade ${orderNo}: there is none before the pay URL was opened by GET.`,
    );
  }
  return found[0];
}

function asControl(act: () => void): void {
  try {
    act();
  } catch (error) {
    throw error instanceof AlipayError ? new Refusal(409, `${error.subCode}: ${error.message}`) : error;
  }
}

function shown(trade: Trade): object {
  return { order_no: trade.outTradeNo, trade_no: trade.tradeNo, status: trade.status };
}

function ledgerRow(trade: Trade): LedgerRow {
  return {
    provider: "alipay",
    account: trade.account.appId,
    order_no: trade.outTradeNo,
    payment_id: trade.outTradeNo,
    trade_no: trade.tradeNo,
    status: ledgerStatus(trade),
    provider_status: trade.status,
    amount: decimal(trade.fen, 2),
    amount_minor: trade.fen,
    currency: "CNY",
    refunded_minor: refundedFen(trade),
    // Alipay holds one trade per out_trade_no, whatever is asked.
    created: 1,
    created_at: trade.createdAt.toISOString(),
    paid_at: trade.paidAt?.toISOString() ?? null,
    expires_at: trade.expiresAt.toISOString(),
  };
}

function ledgerStatus(trade: Trade): LedgerRow["status"] {
  if (trade.status === "WAIT_BUYER_PAY") return "open";
  if (!trade.paidAt) return "closed";
  return refundedFen(trade) === trade.fen ? "refunded" : "paid";
}
