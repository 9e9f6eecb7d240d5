import { type Call, Refusal, type Reply } from "../kernel/call.ts";
import { decimal } from "../kernel/decimal.ts";
import { messagePage, payPage } from "../kernel/page.ts";
import type { Trade } from "./trade.ts";
import { WechatError } from "./wechat-error.ts";

const title = "WeChat Pay (simulated)";

/** URL of the page that replaces scanning `codeUrl`, which a browser cannot open. `base` is the simulator's URL. */
export function scanUrl(base: string, codeUrl: string): string {
  return `${base}/scan?${new URLSearchParams({ code_url: codeUrl })}`;
}

/** The page that a buyer's phone shows after scanning: `GET /scan?code_url=…`, then one of its buttons. */
export function browseScan(trades: Trade[], call: Call, pay: (trade: Trade) => void): Reply {
  const [, act] = /^\/scan(?:\/(pay|fail))?$/.exec(call.path) ?? [];
  const isScan = call.path === "/scan" && call.method === "GET";
  if (!isScan && !(act && call.method === "POST")) {
    throw new Refusal(404, `WeChat has no ${call.method} ${call.path}.`);
  }
  const codeUrl = call.query.get("code_url");
  const trade = trades.find((one) => one.codeUrl === codeUrl);
  if (!trade) return messagePage(title, "This code is not known or not valid any more.", 404);
  if (trade.state !== "NOTPAY") return messagePage(title, `The order is ${trade.state}.`, 410);
  if (act === undefined) return offer(trade);
  if (act === "fail") return messagePage(title, "The payment did not succeed. You can scan the code again.");
  try {
    pay(trade);
  } catch (error) {
    if (!(error instanceof WechatError)) throw error;
    return messagePage(title, error.message, 410);
  }
  return messagePage(title, "Paid. You can go back to the shop.");
}

function offer({ codeUrl, order }: Trade): Reply {
  const query = new URLSearchParams({ code_url: codeUrl });
  return payPage({
    provider: "WeChat Pay",
    subject: order.description,
    amount: `${decimal(order.fen, 2)} CNY`,
    payUrl: `/scan/pay?${query}`,
    failUrl: `/scan/fail?${query}`,
    failLabel: "Fail to pay",
  });
}
