import type { Simulator, Surroundings, Which } from "../kernel/serve-simulator.ts";
import { createWebhookSender } from "../kernel/webhook-sender.ts";
import { createAccount, newPlatformCertificate, type WechatAccount } from "./accounts.ts";
import { answerApi } from "./api.ts";
import { asControl, meantTrade, shown, wechatControls } from "./controls.ts";
import { ledgerRow } from "./ledger.ts";
import { createNotifier, notifyAgainAfterSeconds, notifyAnswerWithinMs } from "./notification.ts";
import { createRefunds } from "./refunds.ts";
import { namedCalls, nameOf } from "./refusal-codes.ts";
import { browseScan } from "./scan-page.ts";
import type { Trade } from "./trade.ts";
import { createTrades } from "./trades.ts";
import { createVerifier } from "./verify-request.ts";

/** A refund to a WeChat balance takes an hour at most, to a bank card days. */
const refundSettlesAfterSeconds = 3600;

/** WeChat Pay, APIv3, `native`. `retryScale` multiplies the waits between notices and the time a refund takes. */
export function createWechatSimulator(surroundings: Surroundings, retryScale: number): Simulator {
  const { clock, agenda } = surroundings;
  const accounts = new Map<string, WechatAccount>();
  const trades = createTrades(clock);
  const webhooks = createWebhookSender({
    ...surroundings,
    retryAfterSeconds: notifyAgainAfterSeconds.map((seconds) => seconds * retryScale),
    accepts: ({ status }) => status === 200 || status === 204,
    answerWithinMs: notifyAnswerWithinMs,
  });
  const notifier = createNotifier(clock, webhooks);
  const settleSeconds = refundSettlesAfterSeconds * retryScale;
  const refunds = createRefunds({ clock, agenda, trades, settleSeconds, ended: notifier.refundEnded });
  const office = { clock, trades, refunds, verify: createVerifier(accounts, clock) };

  function pay(trade: Trade): void {
    trades.pay(trade);
    notifier.paid(trade);
  }

  function verb(act: (trade: Trade) => void): (which: Which) => object {
    return (which) => {
      const trade = meantTrade(trades, which);
      asControl(() => act(trade));
      return shown(trade);
    };
  }

  return {
    webhooks,
    async createAccount(wanted) {
      const { account, credentials } = await createAccount(wanted, clock.now());
      accounts.set(account.mchId, account);
      return credentials;
    },
    payments: () => trades.all().map((trade) => ledgerRow(trade, clock)),
    verbs: {
      pay: verb(pay),
      // One try that failed: the order stays NOTPAY and WeChat tells nobody.
      fail: verb(() => {}),
      expire: verb(trades.expire),
    },
    extra: wechatControls({ accounts, trades, refunds }),
    named: { calls: namedCalls, nameOf },
    isApiCall: (call) => call.path.startsWith("/v3/"),
    api: (call, fault) => answerApi(office, call, fault),
    browse: (call) => browseScan(trades.all(), call, pay),
    rotateCertificates() {
      const withCertificates = [...accounts.values()].filter(({ certificates }) => certificates.length > 0);
      for (const account of withCertificates) account.certificates.push(newPlatformCertificate(clock.now()));
    },
  };
}
