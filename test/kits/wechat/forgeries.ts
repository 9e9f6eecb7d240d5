import { createHmac, sign } from "node:crypto";
import { encrypt } from "../../../scripts/sandbox/wechat/resource.ts";
import type { Forger, Forgery } from "../../attack/attempt.ts";
import { atAnotherTime, randomRsa, withoutOneHeader, withSignature } from "../../attack/requests/headers.ts";
import type { Rng } from "../../attack/rng.ts";
import type { Targets } from "../../attack/targets.ts";

type Headers = Record<string, string>;

const signatureHeaders = [
  "wechatpay-timestamp",
  "wechatpay-nonce",
  "wechatpay-serial",
  "wechatpay-signature",
];

export const forger: Forger = {
  forge,
  signatureHeaders,
  withOtherTime(rng, sent, time) {
    const seconds = Math.floor(time.getTime() / 1000);
    const isItsOwn = sent.headers["wechatpay-timestamp"] === String(seconds);
    const name = rng.pick(["wechatpay-timestamp", "wechatpay-nonce"]);
    return atAnotherTime(sent, name, String(seconds + (isItsOwn ? 1 : 0)));
  },
  withoutPart: (rng, sent) => withoutOneHeader(rng, sent, signatureHeaders),
  withRandomSignature: (rng, sent) => withSignature(sent, "wechatpay-signature", randomRsa(rng)),
  reasons: ["its signature does not fit"],
};

function forge(rng: Rng, targets: Targets): Forgery {
  const body = notice(rng, targets);
  return rng.pick(ways)(rng, body, targets);
}

function notice(rng: Rng, { victim, rival }: Targets): string {
  const { orderNo, minor, tradeNo } = rng.pick(victim.orders);
  const { app_id: appid, mch_id: mchid } = victim.accounts.wechat;
  const transaction = JSON.stringify({
    ...{ appid, mchid, out_trade_no: orderNo, transaction_id: tradeNo || rng.hex(28) },
    trade_state: rng.pick(["SUCCESS", "CLOSED", "REFUND", "PAYERROR"]),
    success_time: "2026-01-02T03:04:05+08:00",
    amount: { total: minor, currency: "CNY" },
  });
  const zeros = "0".repeat(32);
  const resource = rng.pick([
    () => encrypt(rival.credentials.wechat.api_v3_key!, transaction, "transaction"),
    () => encrypt(zeros, transaction, "transaction"),
    () => ({ algorithm: "none", ciphertext: transaction, nonce: "", associated_data: "" }),
    () => ({ algorithm: "AEAD_AES_256_GCM", ciphertext: "", nonce: "", associated_data: "" }),
    () => JSON.parse(transaction),
    () => null,
  ])();
  return JSON.stringify({
    id: `EV-${rng.hex(20)}`,
    create_time: "2026-01-02T03:04:05+08:00",
    event_type: rng.pick(["TRANSACTION.SUCCESS", "REFUND.SUCCESS", "REFUND.CLOSED", "__proto__"]),
    resource_type: "encrypt-resource",
    resource: resource && { original_type: "transaction", ...resource },
  });
}

const ways: readonly ((rng: Rng, body: string, targets: Targets) => Forgery)[] = [
  (rng, body, targets) => signed("signed with a key of its own", body, headersFor(rng, body, targets)),
  (rng, body, targets) => {
    const serial = rng.pick(oddSerials(targets));
    const headers = { ...headersFor(rng, body, targets), "wechatpay-serial": serial };
    return signed("another serial number", body, headers);
  },
  (rng, body, targets) => {
    const type = rng.pick([
      "WECHATPAY2-SM2-WITH-SM3",
      "none",
      "",
      "WECHATPAY2-SHA256-RSA2048, x",
      "HMAC-SHA256",
    ]);
    const headers = { ...headersFor(rng, body, targets), "wechatpay-signature-type": type };
    return signed("another signature type", body, headers);
  },
  (rng, body, targets) => {
    const signature = `WECHATPAY/SIGNTEST/${rng.hex(300)}`;
    const headers = { ...headersFor(rng, body, targets), "wechatpay-signature": signature };
    return signed("a probe's signature", body, headers);
  },
  (rng, body, targets) => {
    const key = rng.pick([
      targets.victim.accounts.wechat.public_key!,
      targets.rival.credentials.wechat.api_v3_key!,
    ]);
    const headers = headersFor(rng, body, targets);
    const text = signedText(headers, body);
    const signature = createHmac("sha256", key).update(text).digest("base64");
    return signed("a public key as a secret", body, { ...headers, "wechatpay-signature": signature });
  },
  (rng, body, targets) => {
    // The signed text consists of lines: the end of one field could be read as the start of the next.
    const { headers, body: sent } = delivery(rng, targets);
    const { "wechatpay-timestamp": time = "", "wechatpay-nonce": nonce = "" } = headers;
    const moved = rng.pick([
      { "wechatpay-timestamp": time, "wechatpay-nonce": `${nonce}\\n${body.slice(0, 5)}` },
      { "wechatpay-timestamp": `${time}\\n${nonce}`, "wechatpay-nonce": "" },
      { "wechatpay-timestamp": `0${time}`, "wechatpay-nonce": nonce },
    ]);
    return { kind: "its lines moved", headers: { ...headers, ...moved }, body: sent };
  },
  (rng, body, targets) => {
    const { headers } = delivery(rng, targets);
    const now = String(Math.floor(targets.now().getTime() / 1000));
    return signed("a true notice's signature", body, { ...headers, "wechatpay-timestamp": now });
  },
  (rng, body, targets) => {
    const time = rng.pick(["0", "-1", "NaN", "1e10", "99999999999999", "", " ", "0x10", "٣"]);
    const headers = { ...headersFor(rng, body, targets), "wechatpay-timestamp": time };
    return signed("a time that is none", body, headers);
  },
];

function signed(kind: string, body: string, headers: Headers): Forgery {
  return { kind, headers, body };
}

function delivery(rng: Rng, { victim }: Targets) {
  return rng.pick(victim.deliveries.filter(({ provider }) => provider === "wechat"));
}

const oddSerials = ({ victim, rival }: Targets) => [
  rival.accounts.wechat.public_key_id!,
  victim.accounts.wechat.serial_no!,
  victim.accounts.wechat.public_key_id!.toLowerCase(),
  `${victim.accounts.wechat.public_key_id},${victim.accounts.wechat.public_key_id}`,
  "PUB_KEY_ID_0",
  ...["__proto__", "constructor", "toString", "", "0", "A".repeat(129), "../../key", "null"],
];

/** Valid headers, except that the attacker's own key made the signature. */
function headersFor(rng: Rng, body: string, { victim, own, now }: Targets): Headers {
  const headers: Headers = {
    "content-type": "application/json",
    "wechatpay-timestamp": String(Math.floor(now().getTime() / 1000)),
    "wechatpay-nonce": rng.hex(32),
    "wechatpay-serial": victim.accounts.wechat.public_key_id!,
    "wechatpay-signature-type": "WECHATPAY2-SHA256-RSA2048",
  };
  const signature = sign("sha256", Buffer.from(signedText(headers, body)), own.privateKey);
  return { ...headers, "wechatpay-signature": signature.toString("base64") };
}

function signedText(headers: Headers, body: string): string {
  return `${headers["wechatpay-timestamp"]}\n${headers["wechatpay-nonce"]}\n${body}\n`;
}
