import path from "node:path";
import { createAlipaySimulator } from "./alipay/alipay.ts";
import { createMerchantInboxes } from "./inbox/merchant-inboxes.ts";
import { type Call, Refusal } from "./kernel/call.ts";
import { type Log, listen } from "./kernel/listen.ts";
import type { SchedulerClock } from "./kernel/scheduler.ts";
import { type Simulator, type SimulatorDeps, serveSimulator } from "./kernel/serve-simulator.ts";
import type { Post } from "./kernel/webhook-sender.ts";
import { createPaypalSimulator } from "./paypal/paypal.ts";
import { createDemoShop } from "./shop/demo-shop.ts";
import type { ShopSettings } from "./shop/gateway-client.ts";
import { createStripeSimulator } from "./stripe/stripe.ts";
import { scanUrl } from "./wechat/scan-page.ts";
import { createWechatSimulator } from "./wechat/wechat.ts";

/** The simulated providers. A new one needs one more line here. */
const providers = {
  alipay: createAlipaySimulator,
  wechat: createWechatSimulator,
  stripe: createStripeSimulator,
  paypal: createPaypalSimulator,
} satisfies Record<string, (deps: SimulatorDeps, retryScale: number) => Simulator>;

export type ProviderName = keyof typeof providers;

/** The running sandbox. Every URL is on 127.0.0.1 and has no trailing slash. */
export type Sandbox = {
  /** Shop and inboxes. */
  url: string;
  /** Base URL per provider; each simulator has a port of its own, because SDKs take a host and a port only. */
  simulators: Record<ProviderName, string>;
  shopUrl: string;
  /** Connects the shop to the gateway. */
  setShop(settings: ShopSettings): void;
  /** URL for a merchant's notifications. `name`: letters, digits, `_`, `-`. */
  inboxUrl(name: string): string;
  stop(): Promise<void>;
};

export type SandboxOptions = {
  clock: SchedulerClock;
  /** Port of shop and inboxes; absent: any free port. The simulators take the next four where those are free. */
  port?: number;
  /** Folder in which the simulators keep their state, a file each; absent: nothing is saved. */
  stateFolder?: string | undefined;
  log?: Log;
  /** Multiplies the providers' waits between webhook attempts; 1 = as in reality, measured on `clock`. */
  retryScale?: number;
  /** Replaces the sending of webhooks over HTTP. */
  post?: Post;
};

/** Alipay's first retry after one second instead of four minutes. */
const defaultRetryScale = 1 / 240;

/** Starts the provider simulators, the demo shop and the merchant inboxes on 127.0.0.1. */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const { clock, port = 0, stateFolder, log = () => {}, retryScale = defaultRetryScale, post } = options;
  const shop = createDemoShop({ clock, scanPage });
  const inbox = createMerchantInboxes();
  const web = await listen({ clock, log, port }, (call: Call) => {
    const answer = inbox(call) ?? shop.answer(call, web.url);
    if (!answer) throw new Refusal(404, `There is nothing at ${call.path}: see /shop and /inbox/<name>.`);
    return answer;
  });
  const serve = async (name: ProviderName) => {
    const stateFile = stateFolder && path.join(stateFolder, name);
    const serving = { clock, log: (line: string) => log(`${name}: ${line}`), post, stateFile };
    const create = (deps: SimulatorDeps) => providers[name](deps, retryScale);
    const usual = port && port + 1 + Object.keys(providers).indexOf(name);
    // The same port as before a restart, so that old links work, unless another program uses it.
    return serveSimulator({ ...serving, port: usual }, create).catch((error) => {
      if (usual === 0 || error.code !== "EADDRINUSE") throw error;
      return serveSimulator(serving, create);
    });
  };
  const alipay = await serve("alipay");
  const wechat = await serve("wechat");
  const stripe = await serve("stripe");
  const paypal = await serve("paypal");

  /** Alipay's code is the URL of a page; WeChat's opens only in WeChat. */
  function scanPage(qrCode: string): string {
    return qrCode.startsWith("weixin:") ? scanUrl(wechat.url, qrCode) : qrCode;
  }

  return {
    url: web.url,
    simulators: { alipay: alipay.url, wechat: wechat.url, stripe: stripe.url, paypal: paypal.url },
    shopUrl: `${web.url}/shop`,
    setShop: shop.set,
    inboxUrl: (name) => `${web.url}/inbox/${name}`,
    async stop() {
      await Promise.all([web.stop(), alipay.stop(), wechat.stop(), stripe.stop(), paypal.stop()]);
    },
  };
}
