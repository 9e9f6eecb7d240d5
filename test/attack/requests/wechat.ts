import { createHmac, sign } from "node:crypto";
import { seal } from "../../../scripts/sandbox/wechat/resource.ts";
import type { Forgery } from "../attempt.ts";
import type { Dice } from "../dice.ts";
import type { Known } from "../known.ts";

type Headers = Record<string, string>;

/** A notice about an order of the victim's, made up from what is known of it. */
export function forgedWechat(dice: Dice, known: Known): Forgery {
  const body = notice(dice, known);
  return dice.pick(ways)(dice, body, known);
}

function notice(dice: Dice, { victim, rival }: Known): string {
  const { orderNo, minor, tradeNo } = dice.pick(victim.orders);
  const { app_id: appid, mch_id: mchid } = victim.accounts.wechat;
  const transaction = JSON.stringify({
    ...{ appid, mchid, out_trade_no: orderNo, transaction_id: tradeNo || dice.hex(28) },
    trade_state: dice.pick(["SUCCESS", "CLOSED", "REFUND", "PAYERROR"]),
    success_time: "2026-01-02T03:04:05+08:00",
    amount: { total: minor, currency: "CNY" },
  });
  const zeros = "0".repeat(32);
  const resource = dice.pick([
    () => seal(rival.wechatApiV3Key, transaction, "transaction"),
    () => seal(zeros, transaction, "transaction"),
    () => ({ algorithm: "none", ciphertext: transaction, nonce: "", associated_data: "" }),
    () => ({ algorithm: "AEAD_AES_256_GCM", ciphertext: "", nonce: "", associated_data: "" }),
    () => JSON.parse(transaction),
    () => null,
  ])();
  return JSON.stringify({
    id: `EV-${dice.hex(20)}`,
    create_time: "2026-01-02T03:04:05+08:00",
    event_type: dice.pick(["TRANSACTION.SUCCESS", "REFUND.SUCCESS", "REFUND.CLOSED", "__proto__"]),
    resource_type: "encrypt-resource",
    resource: resource && { original_type: "transaction", ...resource },
  });
}

const ways: readonly ((dice: Dice, body: string, known: Known) => Forgery)[] = [
  (dice, body, known) => signed("signed with a key of its own", body, headersFor(dice, body, known)),
  (dice, body, known) => {
    const serial = dice.pick(oddSerials(known));
    const headers = { ...headersFor(dice, body, known), "wechatpay-serial": serial };
    return signed("another serial number", body, headers);
  },
  (dice, body, known) => {
    const type = dice.pick([
      "WECHATPAY2-SM2-WITH-SM3",
      "none",
      "",
      "WECHATPAY2-SHA256-RSA2048, x",
      "HMAC-SHA256",
    ]);
    const headers = { ...headersFor(dice, body, known), "wechatpay-signature-type": type };
    return signed("another signature type", body, headers);
  },
  (dice, body, known) => {
    const signature = `WECHATPAY/SIGNTEST/${dice.hex(300)}`;
    const headers = { ...headersFor(dice, body, known), "wechatpay-signature": signature };
    return signed("a probe's signature", body, headers);
  },
  (dice, body, known) => {
    const key = dice.pick([known.victim.accounts.wechat.public_key!, known.rival.wechatApiV3Key]);
    const headers = headersFor(dice, body, known);
    const text = signedText(headers, body);
    const signature = createHmac("sha256", key).update(text).digest("base64");
    return signed("a public key as a secret", body, { ...headers, "wechatpay-signature": signature });
  },
  (dice, body, known) => {
    // The signed text is lines: what ends one field could begin the next.
    const { headers, body: sent } = delivery(dice, known);
    const { "wechatpay-timestamp": time = "", "wechatpay-nonce": nonce = "" } = headers;
    const moved = dice.pick([
      { "wechatpay-timestamp": time, "wechatpay-nonce": `${nonce}\\n${body.slice(0, 5)}` },
      { "wechatpay-timestamp": `${time}\\n${nonce}`, "wechatpay-nonce": "" },
      { "wechatpay-timestamp": `0${time}`, "wechatpay-nonce": nonce },
    ]);
    return { kind: "its lines moved", headers: { ...headers, ...moved }, body: sent };
  },
  (dice, body, known) => {
    const { headers } = delivery(dice, known);
    const now = String(Math.floor(known.now().getTime() / 1000));
    return signed("a true notice's signature", body, { ...headers, "wechatpay-timestamp": now });
  },
  (dice, body, known) => {
    const time = dice.pick(["0", "-1", "NaN", "1e10", "99999999999999", "", " ", "0x10", "٣"]);
    const headers = { ...headersFor(dice, body, known), "wechatpay-timestamp": time };
    return signed("a time that is none", body, headers);
  },
];

function signed(kind: string, body: string, headers: Headers): Forgery {
  return { kind, headers, body };
}

function delivery(dice: Dice, { victim }: Known) {
  return dice.pick(victim.deliveries.filter(({ provider }) => provider === "wechat"));
}

const oddSerials = ({ victim, rival }: Known) => [
  rival.accounts.wechat.public_key_id!,
  victim.accounts.wechat.serial_no!,
  victim.accounts.wechat.public_key_id!.toLowerCase(),
  `${victim.accounts.wechat.public_key_id},${victim.accounts.wechat.public_key_id}`,
  "PUB_KEY_ID_0",
  ...["__proto__", "constructor", "toString", "", "0", "A".repeat(129), "../../key", "null"],
];

/** All that is wrong with it is whose key has signed it. */
function headersFor(dice: Dice, body: string, { victim, own, now }: Known): Headers {
  const headers: Headers = {
    "content-type": "application/json",
    "wechatpay-timestamp": String(Math.floor(now().getTime() / 1000)),
    "wechatpay-nonce": dice.hex(32),
    "wechatpay-serial": victim.accounts.wechat.public_key_id!,
    "wechatpay-signature-type": "WECHATPAY2-SHA256-RSA2048",
  };
  const signature = sign("sha256", Buffer.from(signedText(headers, body)), own.privateKey);
  return { ...headers, "wechatpay-signature": signature.toString("base64") };
}

function signedText(headers: Headers, body: string): string {
  return `${headers["wechatpay-timestamp"]}\n${headers["wechatpay-nonce"]}\n${body}\n`;
}
