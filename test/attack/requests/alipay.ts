import { constants, createHmac, type KeyObject, sign } from "node:crypto";
import type { Forgery } from "../attempt.ts";
import type { Dice } from "../dice.ts";
import type { Known, KnownOrder } from "../known.ts";

type Fields = Record<string, string>;

/** A notice about an order of the victim's, made up from what is known of it. */
export function forgedAlipay(dice: Dice, known: Known): Forgery {
  const order = dice.pick(known.victim.orders);
  const fields = notice(dice, known, order);
  return dice.pick(ways)(dice, fields, known);
}

function notice(dice: Dice, { victim }: Known, { orderNo, minor, tradeNo }: KnownOrder): Fields {
  const { app_id = "", seller_id = "" } = victim.accounts.alipay;
  return {
    notify_id: dice.hex(32),
    notify_type: "trade_status_sync",
    notify_time: "2026-01-02 03:04:05",
    charset: dice.pick(["utf-8", "GBK", "utf-16"]),
    version: "1.0",
    sign_type: "RSA2",
    app_id,
    seller_id,
    out_trade_no: orderNo,
    trade_no: dice.pick([tradeNo, `2026${dice.hex(24)}`]),
    trade_status: dice.pick(["TRADE_SUCCESS", "TRADE_FINISHED", "TRADE_CLOSED", "WAIT_BUYER_PAY"]),
    total_amount: (dice.pick([minor, 1, 0, minor * 100]) / 100).toFixed(2),
    gmt_payment: "2026-01-02 03:04:05",
    ...(dice.oneIn(4) && { refund_fee: (minor / 100).toFixed(2), out_biz_no: dice.hex(20) }),
  };
}

const ways: readonly ((dice: Dice, fields: Fields, known: Known) => Forgery)[] = [
  (_dice, fields, { own }) => posted("signed with a key of its own", fields, rsa(fields, own.privateKey)),
  (_dice, fields, { own }) => {
    const signature = rsa(fields, own.privateKey, "sha1");
    return posted("signed with SHA-1", { ...fields, sign_type: "RSA" }, signature);
  },
  (_dice, fields, { own }) => {
    const padding = { key: own.privateKey, padding: constants.RSA_PKCS1_PSS_PADDING };
    return posted("signed in PSS", fields, sign("sha256", text(fields), padding).toString("base64"));
  },
  (_dice, fields, { victim }) => {
    const key = victim.accounts.alipay.public_key!;
    const signature = createHmac("sha256", key).update(text(fields)).digest("base64");
    return posted("the public key as a secret", fields, signature);
  },
  (dice, fields, { victim, rival }) => {
    const { deliveries } = dice.pick([victim, rival]);
    const sent = dice.pick(deliveries.filter(({ provider }) => provider === "alipay"));
    const signature = new URLSearchParams(sent.body.toString()).get("sign")!;
    return posted("a true notice's signature", fields, signature);
  },
  (dice, fields) => {
    const type = dice.pick(["", "RSA", "MD5", "none", "rsa2", "RSA2 ", "HMAC"]);
    return posted("another sign_type", { ...fields, sign_type: type }, dice.hex(344));
  },
  (dice, fields) => posted("no signature that could be one", fields, dice.pick(oddSignatures)),
  (_dice, fields) => ({ kind: "unsigned", ...form, body: new URLSearchParams(fields).toString() }),
  (dice, fields, { own }) => {
    const signed = new URLSearchParams({ ...fields, sign: rsa(fields, own.privateKey) }).toString();
    const name = dice.pick(["sign", "sign_type", "trade_status", "out_trade_no", "%73ign"]);
    const twice = dice.oneIn(2) ? `${name}=x&${signed}` : `${signed}&${name}=x`;
    return { kind: "a field twice", ...form, body: twice };
  },
  (dice, fields) => {
    const bytes = Buffer.from(new URLSearchParams({ ...fields, sign: dice.hex(344) }).toString());
    const odd = dice.pick([
      Buffer.from("&a=%FF%FE"),
      Buffer.from([0x26, 0xff, 0x3d, 0xfe]),
      Buffer.from("&="),
    ]);
    return { kind: "bytes that are no UTF-8", ...form, body: Buffer.concat([bytes, odd]) };
  },
  (_dice, _fields, { alipayReturn }) => ({ kind: "a buyer's return", ...form, body: alipayReturn }),
  (dice, fields) => ({
    kind: "JSON instead of a form",
    headers: { "content-type": dice.pick(["application/json", "text/plain"]) },
    body: JSON.stringify({ ...fields, sign: dice.hex(344) }),
  }),
];

const form = { headers: { "content-type": "application/x-www-form-urlencoded; charset=utf-8" } };
const oddSignatures = [
  "",
  "=",
  "==",
  "AA==",
  "AAAA",
  "A",
  " ",
  "\0",
  "[object Object]",
  "%",
  "A".repeat(20_000),
];

function posted(kind: string, fields: Fields, signature: string): Forgery {
  return { kind, ...form, body: new URLSearchParams({ ...fields, sign: signature }).toString() };
}

function text(fields: Fields): Buffer {
  const names = Object.keys(fields).filter((name) => name !== "sign_type");
  return Buffer.from(
    names
      .sort()
      .map((name) => `${name}=${fields[name]}`)
      .join("&"),
  );
}

function rsa(fields: Fields, key: KeyObject, digest = "sha256"): string {
  return sign(digest, text(fields), key).toString("base64");
}
