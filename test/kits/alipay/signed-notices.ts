import { generateKeyPairSync, randomUUID, sign } from "node:crypto";
import type { SignedCall } from "../../steps/signed-webhooks.ts";
import type { Shop, World } from "../../steps/world.ts";

export type Fields = Record<string, string>;

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
