import { type Call, Refusal, type Reply, seeOther } from "../kernel/call.ts";
import { decimal } from "../kernel/decimal.ts";
import { messagePage, payPage } from "../kernel/page.ts";
import { AlipayError } from "./alipay-error.ts";
import { signedReturnUrl } from "./notification.ts";
import { readPagePay } from "./page-pay.ts";
import type { State } from "./state.ts";
import type { Trade } from "./trade.ts";
import { maxPayUrlAgeMs, namedAccount, verifyRequest } from "./verify-request.ts";

const title = "Alipay (simulated)";

/** The buyer's checkout pages: a pay URL, a scanned QR code, and the buttons on both. */
export function browseCheckout(state: State, call: Call, pay: (trade: Trade) => void): Reply {
  if (call.path === "/gateway.do" && call.method === "GET") return opened(() => openPayUrl(state, call));
  const [, codeId] = /^\/qr\/(\w+)$/.exec(call.path) ?? [];
  const code = state.codes.find(codeId);
  if (code && call.method === "GET")
    return opened(() => state.trades.open(code.account, state.codes.scanned(code)));
  const [, tradeNo, act] = /^\/cashier\/(\d+)\/(pay|leave)$/.exec(call.path) ?? [];
  const trade = state.trades.all().find((one) => one.tradeNo === tradeNo);
  if (call.method !== "POST" || !trade) throw new Refusal(404, `Alipay has no ${call.method} ${call.path}.`);
  if (act === "pay") pay(trade);
  if (!trade.returnUrl) return messagePage(title, `The trade is ${trade.status}.`);
  // A buyer who leaves without paying gets the plain return URL: Alipay signs it for paid trades only.
  return seeOther(
    act === "pay" ? signedReturnUrl(trade, trade.returnUrl, state.clock.now()) : trade.returnUrl,
  );
}

/** Opens a pay URL as a browser does; only this creates the trade. */
function openPayUrl({ clock, accounts, trades }: State, call: Call): Trade {
  const parameters = Object.fromEntries(call.query);
  const now = clock.now();
  const account = namedAccount(parameters, accounts);
  const input = readPagePay(verifyRequest(account, parameters, now, maxPayUrlAgeMs), now);
  return trades.open(account, input);
}

function opened(open: () => Trade): Reply {
  try {
    const trade = open();
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
    return messagePage(title, `${error.subCode}: ${error.message}`, 400);
  }
}
