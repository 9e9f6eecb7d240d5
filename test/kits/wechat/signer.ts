import { generateKeyPairSync, type KeyObject, randomUUID, sign } from "node:crypto";
import { encrypt } from "../../../scripts/sandbox/wechat/resource.ts";
import type { Bytes, SignedCall } from "../../steps/signed-webhooks.ts";
import type { Shop, World } from "../../steps/world.ts";
import { aTradeNo, inHeader, paidMinor, type Signer } from "../signer.ts";

export async function openWechatSigner(world: World, shop: Shop): Promise<Signer> {
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

  return {
    path: `wechat/${configId}`,
    configId,
    input: {},
    paid: ({ orderNo, minor = paidMinor, account: other, tradeNo = aTradeNo() }) =>
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
  const nonce = aTradeNo();
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
