import { generateKeyPairSync, type KeyObject, randomUUID, sign } from "node:crypto";
import { openGateway } from "../../lib/open-gateway.ts";
import { credentialsOf } from "../../lib/providers/credentials.ts";
import { findConfig } from "../../lib/storage/payment-configs.ts";
import { encrypt } from "../../scripts/sandbox/wechat/resource.ts";
import { signedHeaders } from "../unit/providers/paypal/account.ts";
import { alipaySignedByUs, type Bytes, type SignedCall, stripeEvents } from "./signed-webhooks.ts";
import type { Shop, World } from "./world.ts";

/** The fields of a paid event. A field that is not set has its correct value. */
export type Notified = { orderNo: string; minor?: number; account?: string; tradeNo?: string };

/** Makes validly signed webhooks of one provider for one merchant, with keys that the test owns. */
export type Hand = {
  /** The config's webhook path below `/api/v1/public/notify/`. */
  path: string;
  configId: string;
  /** The create fields that select this config. */
  input: Record<string, string>;
  paid(notified: Notified): SignedCall;
  /** An event that the provider sends for an order that is not paid: still open, closed, expired or approved. */
  earlier(orderNo: string): SignedCall;
  /** Any body with a valid signature; Alipay's is a form. */
  signs(body: Bytes): SignedCall<Bytes>;
  signature(call: SignedCall): string;
  /** The same call with another signature; `null` removes it. */
  withSignature(call: SignedCall, signature: string | null): SignedCall;
};

export type Signers = Record<"alipay" | "wechat" | "stripe" | "paypal", Hand>;

const paidMinor = 1234;
const aTrade = () => randomUUID().replaceAll("-", "").slice(0, 28);

/**
 * Signers of all four providers. `swapKeys` replaces WeChat Pay's public key in the config; call it when all orders are
 * made, because the gateway does not trust the responses of WeChat Pay's simulator afterwards.
 */
export async function openSigners(world: World, shop: Shop, paypalCertUrl: string) {
  const alipay = await alipayHand(world, shop);
  const { hand: wechat, swapKeys } = wechatHand(world, shop);
  const signers: Signers = {
    alipay,
    wechat,
    stripe: stripeHand(world, shop),
    paypal: await paypalHand(world, shop, paypalCertUrl),
  };
  return { signers, swapKeys };
}

async function alipayHand(world: World, shop: Shop): Promise<Hand> {
  const ours = await alipaySignedByUs(world, shop);
  return {
    path: ours.path,
    configId: ours.configId,
    input: { config: ours.name },
    paid: ({ orderNo, minor = paidMinor, account, tradeNo = aTrade() }) =>
      ours.notice(orderNo, {
        total_amount: (minor / 100).toFixed(2),
        trade_no: tradeNo,
        ...(account && { app_id: account }),
      }),
    earlier: (orderNo) => ours.notice(orderNo, { trade_status: "TRADE_CLOSED", gmt_payment: "" }),
    signs: (body) => ours.call(Object.fromEntries(new URLSearchParams(body.toString()))),
    signature: ({ body }) => new URLSearchParams(body).get("sign") ?? "",
    withSignature({ body, headers }, signature) {
      const form = new URLSearchParams(body);
      if (signature === null) form.delete("sign");
      else form.set("sign", signature);
      return { body: form.toString(), headers };
    },
  };
}

function wechatHand(world: World, shop: Shop): { hand: Hand; swapKeys(): Promise<void> } {
  const account = shop.accounts.wechat!;
  const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const configId = shop.configs.wechat!;

  function notified(type: string, transaction: object): SignedCall {
    const now = world.clock.now().toISOString();
    const { nonce, ...encrypted } = encrypt(account.api_v3_key!, JSON.stringify(transaction), "transaction");
    const resource = { original_type: "transaction", ...encrypted, nonce };
    const event = { id: `EV-${randomUUID()}`, create_time: now, event_type: type, resource };
    return signs(JSON.stringify({ ...event, resource_type: "encrypt-resource", summary: "" }));
  }
  const signs = <Body extends Bytes>(body: Body) =>
    wechatCall(body, account.public_key_id!, { privateKey, now: world.clock.now() });
  const own = { appid: account.app_id, mchid: account.mch_id };

  const hand: Hand = {
    path: `wechat/${configId}`,
    configId,
    input: {},
    paid: ({ orderNo, minor = paidMinor, account: other, tradeNo = aTrade() }) =>
      notified("TRANSACTION.SUCCESS", {
        ...own,
        ...(other && { mchid: other }),
        out_trade_no: orderNo,
        transaction_id: tradeNo,
        trade_state: "SUCCESS",
        success_time: "2026-01-02T03:04:05+08:00",
        amount: { total: minor, currency: "CNY" },
      }),
    earlier: (orderNo) =>
      notified("TRANSACTION.SUCCESS", { ...own, out_trade_no: orderNo, trade_state: "CLOSED" }),
    signs,
    ...inHeader("wechatpay-signature"),
  };
  return {
    hand,
    async swapKeys() {
      const data = { ...account, public_key: publicKey.export({ type: "spki", format: "pem" }) };
      const { username: merchant } = shop;
      await world.ops("config set", {
        ...{ merchant, provider: "wechat", data: JSON.stringify(data) },
        skip_probe: "yes",
      });
    },
  };
}

function wechatCall<Body extends Bytes>(
  body: Body,
  serial: string,
  { privateKey, now }: { privateKey: KeyObject; now: Date },
): SignedCall<Body> {
  const timestamp = String(Math.floor(now.getTime() / 1000));
  const nonce = aTrade();
  const text = Buffer.concat([Buffer.from(`${timestamp}\n${nonce}\n`), Buffer.from(body), Buffer.from("\n")]);
  return {
    body,
    headers: {
      "content-type": "application/json",
      "wechatpay-timestamp": timestamp,
      "wechatpay-nonce": nonce,
      "wechatpay-serial": serial,
      "wechatpay-signature-type": "WECHATPAY2-SHA256-RSA2048",
      "wechatpay-signature": sign("sha256", text, privateKey).toString("base64"),
    },
  };
}

function stripeHand(world: World, shop: Shop): Hand {
  const { path, event, signed } = stripeEvents(world, shop);
  return {
    path,
    configId: shop.configs.stripe!,
    input: {},
    paid: ({ orderNo, minor = paidMinor, account, tradeNo = `pi_${aTrade()}` }) =>
      event(orderNo, {
        session: { amount_total: minor, payment_intent: tradeNo },
        ...(account && { account }),
      }),
    earlier: (orderNo) =>
      event(orderNo, {
        type: "checkout.session.expired",
        session: { status: "expired", payment_status: "unpaid" },
      }),
    signs: (body) => signed(body),
    signature: ({ headers }) => /v1=(\w+)/.exec(headers["stripe-signature"]!)![1]!,
    withSignature({ body, headers: { "stripe-signature": header = "", ...headers } }, signature) {
      if (signature === null) return { body, headers };
      return {
        body,
        headers: { ...headers, "stripe-signature": header.replace(/v1=\w+/, `v1=${signature}`) },
      };
    },
  };
}

/** The signer of PayPal; `certUrl` is where the proxy in front of its simulator serves the test's certificate. */
export async function paypalHand(world: World, shop: Shop, certUrl: string): Promise<Hand> {
  const gateway = openGateway();
  const configId = shop.configs.paypal!;
  const stored = await findConfig(gateway.db, configId);
  const { webhook_id: webhookId } = (await credentialsOf(stored!, gateway.vault)) as { webhook_id: string };

  const notified = (event_type: string, resource: object) =>
    signs(JSON.stringify({ id: `WH-${randomUUID()}`, event_type, resource }));

  function signs<Body extends Bytes>(body: Body): SignedCall<Body> {
    const time = world.clock.now().toISOString();
    const headers = signedHeaders(body, certUrl, { webhookId, time }) as Record<string, string>;
    return { body, headers: { "content-type": "application/json", ...headers } };
  }

  return {
    path: `paypal/${configId}`,
    configId,
    input: {},
    paid: ({ orderNo, minor = paidMinor, account = shop.accounts.paypal!.account, tradeNo = aTrade() }) =>
      notified("PAYMENT.CAPTURE.COMPLETED", {
        id: tradeNo,
        status: "COMPLETED",
        invoice_id: orderNo,
        amount: { currency_code: "CNY", value: (minor / 100).toFixed(2) },
        payee: { merchant_id: account },
      }),
    earlier: (orderNo) =>
      notified("CHECKOUT.ORDER.APPROVED", { status: "APPROVED", purchase_units: [{ invoice_id: orderNo }] }),
    signs,
    ...inHeader("paypal-transmission-sig"),
  };
}

function inHeader(name: string): Pick<Hand, "signature" | "withSignature"> {
  return {
    signature: ({ headers }) => headers[name]!,
    withSignature({ body, headers: { [name]: _, ...headers } }, signature) {
      return { body, headers: { ...headers, ...(signature !== null && { [name]: signature }) } };
    },
  };
}
