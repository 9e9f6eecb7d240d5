import { createHmac, randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import { madeObject } from "../steps/api.ts";
import { strangeEvents, withMember } from "../steps/strange-events.ts";

const scene = strangeEvents("stripe");

const deep = (levels: number) => `${"[".repeat(levels)}${"]".repeat(levels)}`;
const long = (length: number) => "x".repeat(length);

/** Paid, as far as it goes; `now`: when it is signed. */
function event(orderNo: string, now: Date) {
  return {
    id: `evt_${randomUUID()}`,
    object: "event",
    type: "checkout.session.completed",
    created: Math.floor(now.getTime() / 1000),
    livemode: false,
    data: {
      object: {
        id: madeObject(orderNo) ?? "cs_test_1",
        status: "complete",
        payment_status: "paid",
        client_reference_id: orderNo,
        metadata: { order_no: orderNo },
        amount_total: 1234,
        currency: "cny",
        payment_intent: `pi_${randomUUID()}`,
      },
    },
  };
}
const paid = () => event(scene().orderNo, scene().world.clock.now());

describe("a truly signed Stripe event", () => {
  const members: [string, string, unknown, number][] = [
    ["no id", "id", undefined, 400],
    ["an id of another type", "id", 7, 400],
    ["an empty id", "id", "", 400],
    ["an id of something else", "id", "cs_1", 400],
    ["an id too long", "id", `evt_${long(252)}`, 400],
    ["another object", "object", "charge", 400],
    ["no type", "type", undefined, 400],
    ["a type of another type", "type", ["checkout.session.completed"], 400],
    ["a type too long", "type", long(129), 400],
    ["an unknown type", "type", "payment.teleported", 200],
    ["a type in capitals", "type", "CHECKOUT.SESSION.COMPLETED", 200],
    ["a type of a prototype", "type", "__proto__", 200],
    ["a type that is only a beginning", "type", "checkout.session.", 200],
    ["a type that its session contradicts", "type", "checkout.session.expired", 200],
    ["no time", "created", undefined, 400],
    ["a time before 1970", "created", -1, 400],
    ["half a second", "created", 1.5, 400],
    ["a time as text", "created", "1763899200", 400],
    ["a time beyond all years", "created", Number.MAX_SAFE_INTEGER, 400],
    ["a time of the year 10000", "created", 253_402_300_800, 400],
    ["no mode", "livemode", undefined, 400],
    ["a mode as text", "livemode", "false", 400],
    ["live mode", "livemode", true, 200],
    ["another account", "account", "acct_other", 200],
    ["an account of another type", "account", 7, 400],
    ["no data", "data", undefined, 400],
    ["data of null", "data", null, 400],
    ["data in a list", "data", [], 400],
    ["no session", "data.object", undefined, 400],
    ["a session of null", "data.object", null, 200],
    ["a session in a list", "data.object", [{ payment_status: "paid" }], 200],
    ["a session of text", "data.object", "cs_test_1", 200],
    ["a session of something else", "data.object.id", "pi_1", 200],
    ["no payment status", "data.object.payment_status", undefined, 200],
    ["an unknown payment status", "data.object.payment_status", "teleported", 200],
    ["a payment status of another type", "data.object.payment_status", true, 200],
    ["no amount", "data.object.amount_total", undefined, 200],
    ["an amount of null", "data.object.amount_total", null, 200],
    ["an amount with a fraction", "data.object.amount_total", 1234.5, 200],
    ["an amount as text", "data.object.amount_total", "1234", 200],
    ["a negative amount", "data.object.amount_total", -1234, 200],
    ["an amount of zero", "data.object.amount_total", 0, 200],
    ["an amount beyond integers", "data.object.amount_total", 2 ** 53, 200],
    ["a huge amount", "data.object.amount_total", 1e300, 200],
    ["another amount", "data.object.amount_total", 1235, 200],
    ["the same amount in another currency", "data.object.currency", "usd", 200],
    ["the same number of a currency without decimals", "data.object.currency", "jpy", 200],
    ["an unknown currency", "data.object.currency", "xyz", 200],
    ["a currency of another type", "data.object.currency", 156, 200],
    ["a currency of a prototype", "data.object.currency", "__proto__", 200],
    ["no payment intent", "data.object.payment_intent", undefined, 200],
    ["an empty payment intent", "data.object.payment_intent", "", 200],
    ["a payment intent of another type", "data.object.payment_intent", 7, 200],
    ["a payment intent too long", "data.object.payment_intent", `pi_${long(253)}`, 200],
    ["a payment intent without an id", "data.object.payment_intent", { status: "succeeded" }, 200],
    [
      "a charge beyond all years",
      "data.object.payment_intent",
      {
        id: "pi_1",
        status: "succeeded",
        latest_charge: { id: "ch_1", created: 2 ** 52, amount_refunded: 0, currency: "cny" },
      },
      200,
    ],
    ["no order", "data.object.client_reference_id", undefined, 200],
    ["an order of null", "data.object.client_reference_id", null, 200],
    ["an order of another type", "data.object.client_reference_id", 7, 200],
    ["no mark of ours", "data.object.metadata", {}, 200],
    ["marks of null", "data.object.metadata", null, 200],
    ["a mark of another order", "data.object.metadata", { order_no: "UNI1" }, 200],
    ["a mark of another type", "data.object.metadata", { order_no: 7 }, 200],
    ["an order of nobody", "data.object.client_reference_id", "UNI1", 200],
    ["an order of an emoji", "data.object.client_reference_id", "🍵\u0000\ud800", 200],
    ["an order too long", "data.object.client_reference_id", long(201), 200],
  ];
  it.each(members)("with %s settles nothing", async (_what, path, member, status) => {
    await scene().harmless(scene().hand.signs(JSON.stringify(withMember(paid(), path, member))), status);
  });

  const refund = {
    id: "re_1",
    amount: 100,
    currency: "cny",
    status: "succeeded",
    payment_intent: "pi_nobody",
  };
  const others: [string, string, object][] = [
    ["a refund of nobody's payment", "refund.updated", refund],
    ["a refund with a fraction", "refund.updated", { ...refund, amount: 1.5 }],
    ["a negative refund", "refund.updated", { ...refund, amount: -1 }],
    ["a refund in no currency", "refund.updated", { ...refund, currency: "" }],
    ["a refund with a number of another type", "refund.updated", { ...refund, metadata: { refund_no: 7 } }],
    ["a refund with metadata in a list", "refund.updated", { ...refund, metadata: [] }],
    ["a refund without a payment intent", "refund.failed", { ...refund, payment_intent: null }],
    ["a dispute of nobody's payment", "charge.dispute.created", { payment_intent: "pi_nobody" }],
    ["a dispute in words too long", "charge.dispute.created", { payment_intent: "pi_1", reason: long(65) }],
    ["a dispute of nothing", "charge.dispute.closed", {}],
  ];
  it.each(others)("about %s books nothing", async (_what, type, object) => {
    const told = { ...paid(), type, data: { object } };
    await scene().harmless(scene().hand.signs(JSON.stringify(told)), 200);
  });

  const texts: [string, (json: string) => string | Buffer<ArrayBuffer>, number][] = [
    [
      "the amount twice",
      (json) => json.replace('"amount_total":1234', '"amount_total":1234,"amount_total":1'),
      200,
    ],
    ["its mode twice", (json) => json.replace('"livemode":false', '"livemode":false,"livemode":true'), 200],
    [
      "100,000 levels",
      (json) => json.replace('"data":{', `"data":{"x":${deep(100_000)},`).replace(":1234", ":1"),
      200,
    ],
    ["1 MB of blanks", (json) => `${json.replace(":1234", ":1")}${" ".repeat(1_000_000)}`, 200],
    ["5 MB of blanks", (json) => json + " ".repeat(5_000_000), 400],
    [
      "a prototype",
      (json) =>
        json.replace('"object":{', '"object":{"__proto__":{"payment_status":"paid"},').replace(":1234", ":1"),
      200,
    ],
    ["more behind its end", (json) => `${json}{}`, 400],
    ["its end missing", (json) => json.slice(0, -1), 400],
    ["a byte order mark", (json) => Buffer.from(`\ufeff\ufeff${json}`), 400],
    ["UTF-16", (json) => Buffer.from(json, "utf16le"), 400],
    ["no number", (json) => json.replace(":1234", ":NaN"), 400],
    ["a comment", (json) => `/* paid */${json}`, 400],
    ["a list around it", (json) => `[${json}]`, 400],
    ["nothing", () => "", 400],
    ["null", () => "null", 400],
    ["a form", () => "payment_status=paid", 400],
  ];
  it.each(texts)("with %s settles nothing", async (_what, change, status) => {
    await scene().harmless(scene().hand.signs(change(JSON.stringify(paid()))), status);
  });

  it("with bytes that are not UTF-8 is refused: the signature covers what was sent, not what became of it", async () => {
    const body = Buffer.concat([Buffer.from(JSON.stringify(paid())), Buffer.from([0x80])]);
    await scene().harmless(scene().hand.signs(body), 401);
    const call = scene().hand.signs(body);
    const headers = { ...call.headers, "content-type": "application/octet-stream" };
    await scene().harmless({ body, headers }, 400);
  });

  it("with ids as long as Stripe's may be is booked, and told with them", async () => {
    const { newOrder, hand, post, rows, world } = scene();
    const orderNo = await newOrder();
    const longest = `pi_${long(252)}`;
    const told = withMember(event(orderNo, world.clock.now()), "data.object.payment_intent", longest);
    const call = hand.signs(JSON.stringify({ ...told, id: `evt_${long(251)}` }));
    expect((await post(call)).status).toBe(200);
    expect(await rows.order(orderNo)).toMatchObject({ status: "success", trade_no: longest });
    const refund = {
      ...{ id: `re_${long(252)}`, amount: 234, currency: "cny", status: "succeeded" },
      payment_intent: longest,
    };
    const refunded = { ...told, id: `evt_${long(250)}2`, type: "refund.updated", data: { object: refund } };
    expect((await post(hand.signs(JSON.stringify(refunded)))).status).toBe(200);
    expect(await rows.order(orderNo)).toMatchObject({ refunded_minor: "234" });
  });

  it("about a refund in another currency is an anomaly, and no sum moves", async () => {
    const { newOrder, hand, post, rows, world } = scene();
    const orderNo = await newOrder();
    const paidNow = event(orderNo, world.clock.now());
    const { payment_intent } = paidNow.data.object;
    expect((await post(hand.signs(JSON.stringify(paidNow)))).status).toBe(200);
    const refund = { id: "re_other", amount: 234, currency: "usd", status: "succeeded", payment_intent };
    const told = { ...paidNow, id: "evt_other", type: "refund.updated", data: { object: refund } };
    expect((await post(hand.signs(JSON.stringify(told)))).status).toBe(200);
    expect(await rows.order(orderNo)).toMatchObject({ status: "success", refunded_minor: "0" });
    const raised = await rows.anomalies(hand.configId);
    expect(raised.filter(({ order_no }) => order_no === orderNo)).toMatchObject([
      { kind: "mismatch", detail: { said: "refunded", differs: ["currency"], refund_id: "re_other" } },
    ]);
  });
});

describe("the header of a Stripe event", () => {
  type Parts = { time: number; v1: string };
  const headers: [string, (parts: Parts) => string, number][] = [
    [
      "with a wrong signature before the right one",
      ({ time, v1 }) => `t=${time},v1=${"0".repeat(64)},v1=${v1}`,
      200,
    ],
    ["with a thousand wrong ones", ({ time }) => `t=${time}${`,v1=${"0".repeat(64)}`.repeat(100)}`, 401],
    ["with spaces", ({ time, v1 }) => ` t=${time} , v1=${v1} `, 200],
    ["with its parts the other way round", ({ time, v1 }) => `v1=${v1},t=${time}`, 200],
    ["with two times", ({ time, v1 }) => `t=${time},t=${time},v1=${v1}`, 401],
    ["sent twice", ({ time, v1 }) => `t=${time},v1=${v1},t=${time},v1=${v1}`, 401],
    ["with a negative time", ({ time, v1 }) => `t=-${time},v1=${v1}`, 401],
    ["with half a second", ({ time, v1 }) => `t=${time}.5,v1=${v1}`, 401],
    ["with a time in hexadecimal", ({ time, v1 }) => `t=0x${time.toString(16)},v1=${v1}`, 401],
    ["with a time of zeros in front", ({ time, v1 }) => `t=0${time},v1=${v1}`, 401],
    ["with a time of 400 digits", ({ v1 }) => `t=${"9".repeat(400)},v1=${v1}`, 401],
    ["with a signature in capitals", ({ time, v1 }) => `t=${time},v1=${v1.toUpperCase()}`, 401],
    ["with a signature of another scheme", ({ time, v1 }) => `t=${time},v0=${v1},v2=${v1}`, 401],
    ["with half a signature", ({ time, v1 }) => `t=${time},v1=${v1.slice(0, 32)}`, 401],
    ["with more behind the signature", ({ time, v1 }) => `t=${time},v1=${v1}00`, 401],
    ["with names in capitals", ({ time, v1 }) => `T=${time},V1=${v1}`, 401],
    ["with an equals sign more", ({ time, v1 }) => `t=${time},v1==${v1}`, 401],
    ["with a prototype", ({ time, v1 }) => `t=${time},__proto__=${v1}`, 401],
    ["of 7,000 commas", () => ",".repeat(7_000), 401],
  ];
  it.each(headers)("%s is answered as it should be", async (_what, make, status) => {
    const body = JSON.stringify({ ...paid(), type: "customer.created" });
    const time = Math.floor(scene().world.clock.now().getTime() / 1000);
    const { webhook_secret: secret } = scene().shop.accounts.stripe!;
    const v1 = createHmac("sha256", secret!).update(`${time}.${body}`).digest("hex");
    const headers = { "content-type": "application/json", "stripe-signature": make({ time, v1 }) };
    await scene().harmless({ body, headers }, status);
  });
});
