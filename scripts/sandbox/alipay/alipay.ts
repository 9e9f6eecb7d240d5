import type { Simulator, SimulatorDeps, SimulatorModule } from "../kernel/serve-simulator.ts";
import { createWebhookSender } from "../kernel/webhook-sender.ts";
import { type AlipayAccount, createAccount } from "./accounts.ts";
import { browseCheckout } from "./checkout.ts";
import { alipayControls, asControl, meantCode, meantTrade, shown } from "./controls.ts";
import { answerGateway, callParameters } from "./gateway.ts";
import { ledgerRow } from "./ledger.ts";
import { namedCalls, nameOfCall } from "./named-calls.ts";
import { notify, notifyAgainAfterSeconds } from "./notification.ts";
import { isPage } from "./page-pay.ts";
import { createQrCodes } from "./qr-codes.ts";
import type { State } from "./state.ts";
import type { Trade } from "./trade.ts";
import { createTradeRefunds } from "./trade-refunds.ts";
import { createTrades } from "./trades.ts";

export const simulator: SimulatorModule = {
  portOffset: 1,
  create: createAlipaySimulator,
  currency: "CNY",
  refundResults: { succeeded: "SUCCESS", failed: "SUCCESS", pending: "PROCESSING", canceled: "SUCCESS" },
  calls: namedCalls,
};

/** The Alipay simulator. `retryScale` multiplies the waits between notifications. */
function createAlipaySimulator(deps: SimulatorDeps, retryScale: number): Simulator {
  const { clock, origin, keep } = deps;
  const accounts = keep("accounts", new Map<string, AlipayAccount>());
  const trades = createTrades(clock, keep);
  const webhooks = createWebhookSender({
    ...deps,
    retryAfterSeconds: notifyAgainAfterSeconds.map((seconds) => seconds * retryScale),
    accepts: ({ status, body }) => status === 200 && body === "success",
  });
  const state: State = {
    clock,
    accounts,
    trades,
    refunds: createTradeRefunds(clock),
    webhooks,
    codes: createQrCodes(clock, origin, keep),
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
    commands: {
      pay: (which) => pay(meantTrade(state, which, true)),
      // A failed try of the buyer: the trade stays open and Alipay sends no notification.
      fail: (which) => shown(meantTrade(state, which, true)),
      expire(which) {
        const code = meantCode(state, which);
        if (code) state.codes.expire(code);
        const opened = trades.all().some(({ outTradeNo }) => outTradeNo === which.orderNo);
        if (code && !opened) return { order_no: which.orderNo, trade_no: null, status: null };
        const trade = meantTrade(state, which);
        asControl(() => trades.close(trade));
        return shown(trade);
      },
    },
    controls: alipayControls(state),
    isApiCall: (call) => call.path === "/gateway.do" && !isPage(callParameters(call).method),
    named: { calls: namedCalls, nameOf: nameOfCall },
    api: (call, fault) => answerGateway(state, call, fault),
    browse: (call) => browseCheckout(state, call, pay),
  };
}
