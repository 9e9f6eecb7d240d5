import { constants, createHmac, type KeyObject, sign } from "node:crypto";
import type { Forger, Forgery } from "../../attack/attempt.ts";
import { randomRsa } from "../../attack/requests/headers.ts";
import type { Rng } from "../../attack/rng.ts";
import { canaries, type Delivery, type TargetOrder, type Targets } from "../../attack/targets.ts";
import { anOrder, apiOf } from "../../steps/api.ts";

import { simulatorOf } from "../../steps/simulator.ts";
import type { Shop, World } from "../../steps/world.ts";

type Fields = Record<string, string>;

export const forger: Forger = {
  forge,
  signatureHeaders: [],
  // The time is a field of the form.
  withOtherTime: (_rng, sent, time) => withField(sent, "notify_time", time.toISOString()),
  withoutPart: (rng, sent) => withField(sent, "sign", rng.pick(["", "AAAA", "=", "null", "undefined"])),
  withRandomSignature: (rng, sent) => withField(sent, "sign", randomRsa(rng)),
  isForm: true,
  signedForBuyer,
  reasons: ["the signature does not fit the notice", "the notice has no notify_id"],
};

function forge(rng: Rng, targets: Targets): Forgery {
  const order = rng.pick(targets.victim.orders);
  const fields = notice(rng, targets, order);
  return rng.pick(ways)(rng, fields, targets);
}

function notice(rng: Rng, { victim }: Targets, { orderNo, minor, tradeNo }: TargetOrder): Fields {
  const { app_id = "", seller_id = "" } = victim.accounts.alipay;
  return {
    notify_id: rng.hex(32),
    notify_type: "trade_status_sync",
    notify_time: "2026-01-02 03:04:05",
    charset: rng.pick(["utf-8", "GBK", "utf-16"]),
    version: "1.0",
    sign_type: "RSA2",
    app_id,
    seller_id,
    out_trade_no: orderNo,
    trade_no: rng.pick([tradeNo, `2026${rng.hex(24)}`]),
    trade_status: rng.pick(["TRADE_SUCCESS", "TRADE_FINISHED", "TRADE_CLOSED", "WAIT_BUYER_PAY"]),
    total_amount: (rng.pick([minor, 1, 0, minor * 100]) / 100).toFixed(2),
    gmt_payment: "2026-01-02 03:04:05",
    ...(rng.oneIn(4) && { refund_fee: (minor / 100).toFixed(2), out_biz_no: rng.hex(20) }),
  };
}

const ways: readonly ((rng: Rng, fields: Fields, targets: Targets) => Forgery)[] = [
  (_rng, fields, { own }) => posted("signed with a key of its own", fields, rsa(fields, own.privateKey)),
  (_rng, fields, { own }) => {
    const signature = rsa(fields, own.privateKey, "sha1");
    return posted("signed with SHA-1", { ...fields, sign_type: "RSA" }, signature);
  },
  (_rng, fields, { own }) => {
    const padding = { key: own.privateKey, padding: constants.RSA_PKCS1_PSS_PADDING };
    return posted("signed in PSS", fields, sign("sha256", text(fields), padding).toString("base64"));
  },
  (_rng, fields, { victim }) => {
    const key = victim.accounts.alipay.public_key!;
    const signature = createHmac("sha256", key).update(text(fields)).digest("base64");
    return posted("the public key as a secret", fields, signature);
  },
  (rng, fields, { victim, rival }) => {
    const { deliveries } = rng.pick([victim, rival]);
    const sent = rng.pick(deliveries.filter(({ provider }) => provider === "alipay"));
    const signature = new URLSearchParams(sent.body.toString()).get("sign")!;
    return posted("a true notice's signature", fields, signature);
  },
  (rng, fields) => {
    const type = rng.pick(["", "RSA", "MD5", "none", "rsa2", "RSA2 ", "HMAC"]);
    return posted("another sign_type", { ...fields, sign_type: type }, rng.hex(344));
  },
  (rng, fields) => posted("no signature that could be one", fields, rng.pick(oddSignatures)),
  (_rng, fields) => ({ kind: "unsigned", ...form, body: new URLSearchParams(fields).toString() }),
  (rng, fields, { own }) => {
    const signed = new URLSearchParams({ ...fields, sign: rsa(fields, own.privateKey) }).toString();
    const name = rng.pick(["sign", "sign_type", "trade_status", "out_trade_no", "%73ign"]);
    const twice = rng.oneIn(2) ? `${name}=x&${signed}` : `${signed}&${name}=x`;
    return { kind: "a field twice", ...form, body: twice };
  },
  (rng, fields) => {
    const bytes = Buffer.from(new URLSearchParams({ ...fields, sign: rng.hex(344) }).toString());
    const odd = rng.pick([
      Buffer.from("&a=%FF%FE"),
      Buffer.from([0x26, 0xff, 0x3d, 0xfe]),
      Buffer.from("&="),
    ]);
    return { kind: "bytes that are no UTF-8", ...form, body: Buffer.concat([bytes, odd]) };
  },
  (_rng, _fields, { signedForBuyers }) => ({
    kind: "a buyer's return",
    ...form,
    body: signedForBuyers.alipay!,
  }),
  (rng, fields) => ({
    kind: "JSON instead of a form",
    headers: { "content-type": rng.pick(["application/json", "text/plain"]) },
    body: JSON.stringify({ ...fields, sign: rng.hex(344) }),
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

function withField({ headers, body }: Delivery, name: string, value: string): Forgery {
  const form = new URLSearchParams(body.toString());
  form.set(name, value);
  return { kind: `another ${name}`, headers, body: form.toString() };
}

/** Lets a buyer pay on Alipay's page; returns the signed query of the redirect to the return_url, which is no notice. */
async function signedForBuyer(world: World, shop: Shop): Promise<string> {
  const { data } = await apiOf(world, shop).create(anOrder({ subject: canaries.subject }));
  const page = await (await fetch(String(data.payment_url))).text();
  const pay = world.sandbox.simulators.alipay + /\/cashier\/\d+\/pay/.exec(page)![0];
  const { headers } = await fetch(pay, { method: "POST", redirect: "manual" });
  await simulatorOf(world, "alipay").accepted(String(data.order_no));
  return new URL(headers.get("location")!).search.slice(1);
}
