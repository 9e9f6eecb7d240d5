import type { Simulator, Surroundings } from "../kernel/serve-simulator.ts";
import { createWebhookSender } from "../kernel/webhook-sender.ts";
import { type AlipayAccount, createAccount } from "./accounts.ts";
import { browseCashier } from "./cashier.ts";
import { alipayControls, asControl, meantCode, meantTrade, shown } from "./controls.ts";
import { answerGateway, type Bank, callParameters } from "./gateway.ts";
import { ledgerRow } from "./ledger.ts";
import { namedCalls, nameOfCall } from "./named-calls.ts";
import { notify, notifyAgainAfterSeconds } from "./notification.ts";
import { createQrCodes } from "./qr-codes.ts";
import type { Trade } from "./trade.ts";
import { createTradeRefunds } from "./trade-refunds.ts";
import { createTrades } from "./trades.ts";

const payMethod = "alipay.trade.page.pay";

/** Alipay, `page` and `qr`. `retryScale` multiplies the waits between notifications. */
export function createAlipaySimulator(surroundings: Surroundings, retryScale: number): Simulator {
  const { clock, origin } = surroundings;
  const accounts = new Map<string, AlipayAccount>();
  const trades = createTrades(clock);
  const webhooks = createWebhookSender({
    ...surroundings,
    retryAfterSeconds: notifyAgainAfterSeconds.map((seconds) => seconds * retryScale),
    accepts: ({ status, body }) => status === 200 && body === "success",
  });
  const bank: Bank = {
    clock,
    accounts,
    trades,
    refunds: createTradeRefunds(clock),
    webhooks,
    codes: createQrCodes(clock, origin),
    refundPlan: { nextSettles: true },
  };

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
      pay: (which) => pay(meantTrade(bank, which, true)),
      // One try that failed: the trade stays open and Alipay tells nobody.
      fail: (which) => shown(meantTrade(bank, which, true)),
      expire(which) {
        const code = meantCode(bank, which);
        if (code) bank.codes.expire(code);
        const opened = trades.all().some(({ outTradeNo }) => outTradeNo === which.orderNo);
        if (code && !opened) return { order_no: which.orderNo, trade_no: null, status: null };
        const trade = meantTrade(bank, which);
        asControl(() => trades.close(trade));
        return shown(trade);
      },
    },
    extra: alipayControls(bank),
    isApiCall: (call) => call.path === "/gateway.do" && callParameters(call).method !== payMethod,
    named: { calls: namedCalls, nameOf: nameOfCall },
    api: (call, fault) => answerGateway(bank, call, fault),
    browse: (call) => browseCashier(bank, call, pay),
  };
}
