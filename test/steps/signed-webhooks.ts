import { createHmac, generateKeyPairSync, randomUUID, sign } from "node:crypto";
import { madeObject } from "./api.ts";
import type { Shop, World } from "./world.ts";

export type Fields = Record<string, string>;
export type Bytes = string | Buffer<ArrayBuffer>;
export type SignedCall<Body extends Bytes = string> = { body: Body; headers: Record<string, string> };

/** Posts a webhook as a provider does and returns the response. */
export async function postWebhook(
  world: World,
  path: string,
  { body, headers }: SignedCall<Bytes>,
): Promise<{ status: number; body: string }> {
  const url = `${world.front.url}/api/v1/public/notify/${path}`;
  const answer = await fetch(url, { method: "POST", headers, body });
  return { status: answer.status, body: await answer.text() };
}

/**
 * An Alipay config of the shop whose platform key the test owns, so that the test can sign notifications. Create orders
 * with `config: name`; the gateway does not trust Alipay's simulator for this config.
 */
export async function alipaySignedByUs(world: World, shop: Shop, name = `ours-${randomUUID().slice(0, 8)}`) {
  const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const account = shop.accounts.alipay!;
  const credentials = { ...account, public_key: publicKey.export({ type: "spki", format: "pem" }) };
  const { config_id: configId } = await world.ops<{ config_id: string }>("config set", {
    merchant: shop.username,
    provider: "alipay",
    name,
    data: JSON.stringify(credentials),
    skip_probe: "yes",
  });

  function call(fields: Fields): SignedCall {
    const text = Object.keys(fields)
      .filter((key) => key !== "sign_type")
      .sort()
      .map((key) => `${key}=${fields[key]}`)
      .join("&");
    const signature = sign("sha256", Buffer.from(text), privateKey).toString("base64");
    return {
      body: new URLSearchParams({ ...fields, sign: signature }).toString(),
      headers: { "content-type": "application/x-www-form-urlencoded; charset=utf-8" },
    };
  }

  /** A notification about a paid trade of this account; `changes` are applied before signing. */
  function notice(orderNo: unknown, changes: Fields = {}): SignedCall {
    return call({
      notify_id: randomUUID(),
      notify_type: "trade_status_sync",
      charset: "utf-8",
      version: "1.0",
      sign_type: "RSA2",
      app_id: account.app_id!,
      seller_id: account.seller_id!,
      out_trade_no: String(orderNo),
      trade_no: `2026${randomUUID().replaceAll("-", "").slice(0, 24)}`,
      trade_status: "TRADE_SUCCESS",
      total_amount: "12.34",
      gmt_payment: "2026-01-02 03:04:05",
      ...changes,
    });
  }

  return { name, configId, path: `alipay/${configId}`, call, notice };
}

export type AlipaySignedByUs = Awaited<ReturnType<typeof alipaySignedByUs>>;

export type EventParts = {
  type?: string;
  account?: string;
  session?: object;
  signedAt?: Date;
  secret?: string;
};

/** Stripe events of the shop's account, signed with its webhook secret. */
export function stripeEvents(world: World, shop: Shop) {
  const { webhook_secret: secret } = shop.accounts.stripe!;

  function signed<Body extends Bytes>(
    body: Body,
    { signedAt = world.clock.now(), secret: other }: EventParts = {},
  ): SignedCall<Body> {
    const time = Math.floor(signedAt.getTime() / 1000);
    const v1 = createHmac("sha256", other ?? secret!)
      .update(`${time}.`)
      .update(body)
      .digest("hex");
    return {
      body,
      headers: { "content-type": "application/json", "stripe-signature": `t=${time},v1=${v1}` },
    };
  }

  /** An event about the order's session; by default the session is paid. */
  function event(orderNo: unknown, parts: EventParts = {}): SignedCall {
    const { type = "checkout.session.completed", account, session = {} } = parts;
    const object = {
      id: madeObject(orderNo) ?? "cs_test_1",
      object: "checkout.session",
      metadata: { order_no: orderNo },
      status: "complete",
      payment_status: "paid",
      client_reference_id: orderNo,
      amount_total: 1234,
      currency: "cny",
      payment_intent: `pi_${randomUUID()}`,
      ...session,
    };
    const body = JSON.stringify({
      id: `evt_${randomUUID()}`,
      object: "event",
      type,
      created: Math.floor(world.clock.now().getTime() / 1000),
      livemode: false,
      ...(account && { account }),
      data: { object },
    });
    return signed(body, parts);
  }

  return { path: `stripe/${shop.configs.stripe}`, event, signed };
}
