import type { Clock } from "../../../lib/clock.ts";
import { type Call, json, type Reply, seeOther } from "../kernel/call.ts";
import { escapeHtml, messagePage, page } from "../kernel/page.ts";
import { randomText } from "../kernel/random.ts";
import { createPayment, queryPayment, type ShopSettings } from "./gateway-client.ts";

/** A shop with one product. `answer` gives undefined for a path that is not the shop's. */
export type DemoShop = {
  answer(call: Call, origin: string): Promise<Reply> | undefined;
  set(settings: ShopSettings): void;
};

const price = { amount: "12.34", currency: "CNY" } as const;

/** `providers`: offered unless the settings name others. `scanPage`: URL of the page that a scanned QR code opens. */
type ShopDeps = { clock: Clock; providers: string[]; scanPage(provider: string, qrCode: string): string };

/** Creates the demo shop, which uses only the gateway's API and its own API key. */
export function createDemoShop(deps: ShopDeps): DemoShop {
  let settings: ShopSettings | undefined;

  return {
    set(input) {
      settings = input;
    },
    answer(call, origin) {
      if (!/^\/shop(\/|$)/.test(call.path)) return undefined;
      if (!settings) return Promise.resolve(messagePage("Demo shop", "The shop is not connected yet.", 503));
      if (call.method === "GET" && call.path === "/shop")
        return Promise.resolve(shopWindow(settings.providers ?? deps.providers));
      if (call.method === "POST" && call.path === "/shop/buy") return buy(settings, call, origin, deps);
      const [, outTradeNo, status] = /^\/shop\/orders\/([\w-]+)(\/status)?$/.exec(call.path) ?? [];
      if (call.method !== "GET" || outTradeNo === undefined) {
        return Promise.resolve(messagePage("Demo shop", "There is no such page.", 404));
      }
      return status ? orderStatus(settings, outTradeNo) : orderPage(settings, outTradeNo);
    },
  };
}

function shopWindow(providers: string[]): Reply {
  const choices = providers.map(
    (provider, index) =>
      `<label><input type="radio" name="provider" value="${escapeHtml(provider)}"${index === 0 ? " checked" : ""}> ${escapeHtml(provider)}</label><br>`,
  );
  return page(
    "Demo shop",
    `<p>One cup of tea.</p>
<form method="post" action="/shop/buy">
<p>${choices.join("\n")}</p>
<button class="main" id="buy">Buy for ${price.amount}</button>
</form>`,
  );
}

async function buy(
  settings: ShopSettings,
  call: Call,
  origin: string,
  { clock, scanPage }: ShopDeps,
): Promise<Reply> {
  const provider = new URLSearchParams(call.body).get("provider") ?? "";
  const outTradeNo = `shop-${clock.now().getTime()}-${randomText(6)}`;
  const order = { provider, out_trade_no: outTradeNo, subject: "One cup of tea", ...price };
  const answer = await createPayment(settings, {
    ...order,
    return_url: `${origin}/shop/orders/${outTradeNo}`,
  });
  if (answer.code !== 0) return messagePage("Demo shop", `${answer.code}: ${answer.message}`, 502);
  const { payment_url: payUrl, qr_code: qrCode } = answer.data;
  if (typeof payUrl === "string" && payUrl !== "") return seeOther(payUrl);
  return codePage(String(qrCode), scanPage(provider, String(qrCode)), `/shop/orders/${outTradeNo}`);
}

/** A page with a link that replaces the phone that would scan the code. */
function codePage(qrCode: string, scanUrl: string, orderUrl: string): Reply {
  return page(
    "Scan to pay",
    `<p class="note">${escapeHtml(qrCode)}</p>
<p><a id="scan" href="${escapeHtml(scanUrl)}" target="_blank" rel="noopener">Scan this code</a></p>
<p><a id="order" href="${escapeHtml(orderUrl)}">See your order</a></p>`,
  );
}

async function orderStatus(settings: ShopSettings, outTradeNo: string): Promise<Reply> {
  const { code, message, data } = await queryPayment(settings, outTradeNo);
  return code === 0 ? json({ status: data.status }) : json({ error: message }, 502);
}

/** Shows the status and polls it every second until it is final. */
async function orderPage(settings: ShopSettings, outTradeNo: string): Promise<Reply> {
  const { code, message, data } = await queryPayment(settings, outTradeNo);
  if (code !== 0) return messagePage("Demo shop", `${code}: ${message}`, 502);
  return page(
    "Your order",
    `<p>${escapeHtml(String(data.subject))}</p>
<p class="amount">${escapeHtml(String(data.amount))} ${escapeHtml(String(data.currency))}</p>
<p>Status: <strong id="status">${escapeHtml(String(data.status))}</strong></p>
<p class="note">${escapeHtml(String(data.order_no))}</p>
<p><a href="/shop">Buy another one</a></p>
<script>
const shown = document.getElementById("status");
const timer = setInterval(async () => {
  if (["success", "failed", "closed"].includes(shown.textContent)) return clearInterval(timer);
  const answer = await fetch(location.pathname + "/status");
  if (answer.ok) shown.textContent = (await answer.json()).status;
}, 1000);
</script>`,
  );
}
