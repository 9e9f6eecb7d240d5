import type { Simulator, SimulatorDeps, SimulatorModule, Which } from "../kernel/serve-simulator.ts";
import { createWebhookSender } from "../kernel/webhook-sender.ts";
import { createAccount, newPlatformCertificate, type WechatAccount } from "./accounts.ts";
import { answerApi } from "./api.ts";
import { asControl, meantTrade, shown, wechatControls } from "./controls.ts";
import { ledgerRow } from "./ledger.ts";
import { createNotifier, notifyAgainAfterSeconds, notifyAnswerWithinMs } from "./notification.ts";
import { createRefunds } from "./refunds.ts";
import { namedCalls, nameOf } from "./refusal-codes.ts";
import { browseScan, scanUrl } from "./scan-page.ts";
import type { Trade } from "./trade.ts";
import { createTrades } from "./trades.ts";
import { createVerifier } from "./verify-request.ts";

/** A refund to a WeChat balance takes an hour at most, to a bank card days. */
const refundSettlesAfterSeconds = 3600;

export const simulator: SimulatorModule = {
  portOffset: 2,
  create: createWechatSimulator,
  currency: "CNY",
  refundResults: { succeeded: "SUCCESS", failed: "CLOSED", pending: "PROCESSING", canceled: "ABNORMAL" },
  calls: namedCalls,
  scanUrl,
};

/**
 * The WeChat Pay simulator: APIv3, `native`. `retryScale` multiplies the waits between notices and the time a refund
 * takes.
 */
function createWechatSimulator(deps: SimulatorDeps, retryScale: number): Simulator {
  const { clock, scheduler, keep } = deps;
  const accounts = keep("accounts", new Map<string, WechatAccount>());
  const trades = createTrades(clock, keep);
  const webhooks = createWebhookSender({
    ...deps,
    retryAfterSeconds: notifyAgainAfterSeconds.map((seconds) => seconds * retryScale),
    accepts: ({ status }) => status === 200 || status === 204,
    answerWithinMs: notifyAnswerWithinMs,
  });
  const notifier = createNotifier(clock, webhooks);
  const settleSeconds = refundSettlesAfterSeconds * retryScale;
  const refunds = createRefunds({ clock, scheduler, trades, settleSeconds, ended: notifier.refundEnded });
  const apiDeps = { clock, trades, refunds, verify: createVerifier(accounts, clock) };

  function pay(trade: Trade): void {
    trades.pay(trade);
    notifier.paid(trade);
  }

  function command(act: (trade: Trade) => void): (which: Which) => object {
    return (which) => {
      const trade = meantTrade(trades, which);
      asControl(() => act(trade));
      return shown(trade);
    };
  }

  return {
    webhooks,
    async createAccount(input) {
      const { account, credentials } = await createAccount(input, clock.now());
      accounts.set(account.mchId, account);
      return credentials;
    },
    payments: () => trades.all().map((trade) => ledgerRow(trade, clock)),
    commands: {
      pay: command(pay),
      // A failed try of the buyer: the order stays NOTPAY and WeChat sends no notification.
      fail: command(() => {}),
      expire: command(trades.expire),
    },
    controls: wechatControls({ accounts, trades, refunds }),
    named: { calls: namedCalls, nameOf },
    isApiCall: (call) => call.path.startsWith("/v3/"),
    api: (call, fault) => answerApi(apiDeps, call, fault),
    browse: (call) => browseScan(trades.all(), call, pay),
    rotateCertificates() {
      const withCertificates = [...accounts.values()].filter(({ certificates }) => certificates.length > 0);
      for (const account of withCertificates) account.certificates.push(newPlatformCertificate(clock.now()));
    },
  };
}
