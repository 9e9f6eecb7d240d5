import { createHmac, randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import { madeObject } from "../steps/api.ts";
import { malformedEvents, withMember } from "../steps/malformed-events.ts";

const scene = malformedEvents("stripe");

const deep = (levels: number) => `${"[".repeat(levels)}${"]".repeat(levels)}`;
const long = (length: number) => "x".repeat(length);

/** A `checkout.session.completed` event that says paid; `now` becomes its `created` time. */
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

describe("signed Stripe events", () => {
  const members: [string, string, unknown, number][] = [
    ["no id", "id", undefined, 400],
    ["an id of another type", "id", 7, 400],
    ["an empty id", "id", "", 400],
    ["an id of another kind of object", "id", "cs_1", 400],
    ["too long an id", "id", `evt_${long(252)}`, 400],
    ["another kind of object", "object", "charge", 400],
    ["no type", "type", undefined, 400],
    ["a type in a list", "type", ["checkout.session.completed"], 400],
    ["too long a type", "type", long(129), 400],
    ["an unknown type", "type", "payment.teleported", 200],
    ["a type in upper case", "type", "CHECKOUT.SESSION.COMPLETED", 200],
    ["__proto__ as type", "type", "__proto__", 200],
    ["a type that is only a prefix", "type", "checkout.session.", 200],
    ["a type that its session contradicts", "type", "checkout.session.expired", 200],
    ["no time", "created", undefined, 400],
    ["a time before 1970", "created", -1, 400],
    ["a time with half a second", "created", 1.5, 400],
    ["a time as text", "created", "1763899200", 400],
    ["a time beyond all dates", "created", Number.MAX_SAFE_INTEGER, 400],
    ["a time in the year 10000", "created", 253_402_300_800, 400],
    ["no livemode", "livemode", undefined, 400],
    ["livemode as text", "livemode", "false", 400],
    ["live mode", "livemode", true, 200],
    ["another account", "account", "acct_other", 200],
    ["an account of another type", "account", 7, 400],
    ["no data", "data", undefined, 400],
    ["null as data", "data", null, 400],
    ["data in a list", "data", [], 400],
    ["no session", "data.object", undefined, 400],
    ["null as session", "data.object", null, 200],
    ["a session in a list", "data.object", [{ payment_status: "paid" }], 200],
    ["text as session", "data.object", "cs_test_1", 200],
    ["another kind of object as session", "data.object.id", "pi_1", 200],
    ["no payment status", "data.object.payment_status", undefined, 200],
    ["an unknown payment status", "data.object.payment_status", "teleported", 200],
    ["a payment status of another type", "data.object.payment_status", true, 200],
    ["no amount", "data.object.amount_total", undefined, 200],
    ["null as amount", "data.object.amount_total", null, 200],
    ["an amount with a fraction", "data.object.amount_total", 1234.5, 200],
    ["an amount as text", "data.object.amount_total", "1234", 200],
    ["a negative amount", "data.object.amount_total", -1234, 200],
    ["an amount of zero", "data.object.amount_total", 0, 200],
    ["an amount beyond safe integers", "data.object.amount_total", 2 ** 53, 200],
    ["a huge amount", "data.object.amount_total", 1e300, 200],
    ["another amount", "data.object.amount_total", 1235, 200],
    ["the same amount in another currency", "data.object.currency", "usd", 200],
    ["the same number in a currency without decimals", "data.object.currency", "jpy", 200],
    ["an unknown currency", "data.object.currency", "xyz", 200],
    ["a currency of another type", "data.object.currency", 156, 200],
    ["__proto__ as currency", "data.object.currency", "__proto__", 200],
    ["no payment intent", "data.object.payment_intent", undefined, 200],
    ["an empty payment intent", "data.object.payment_intent", "", 200],
    ["a payment intent of another type", "data.object.payment_intent", 7, 200],
    ["too long a payment intent", "data.object.payment_intent", `pi_${long(253)}`, 200],
    ["a payment intent without an id", "data.object.payment_intent", { status: "succeeded" }, 200],
    [
      "a charge at a time beyond all dates",
      "data.object.payment_intent",
      {
        id: "pi_1",
        status: "succeeded",
        latest_charge: { id: "ch_1", created: 2 ** 52, amount_refunded: 0, currency: "cny" },
      },
      200,
    ],
    ["no client_reference_id", "data.object.client_reference_id", undefined, 200],
    ["null as client_reference_id", "data.object.client_reference_id", null, 200],
    ["a client_reference_id of another type", "data.object.client_reference_id", 7, 200],
    ["no order number in its metadata", "data.object.metadata", {}, 200],
    ["null as metadata", "data.object.metadata", null, 200],
    ["another order number in its metadata", "data.object.metadata", { order_no: "UNI1" }, 200],
    ["an order number of another type in its metadata", "data.object.metadata", { order_no: 7 }, 200],
    ["an unknown client_reference_id", "data.object.client_reference_id", "UNI1", 200],
    ["an emoji as client_reference_id", "data.object.client_reference_id", "🍵\u0000\ud800", 200],
    ["too long a client_reference_id", "data.object.client_reference_id", long(201), 200],
  ];
  it.each(members)("a signed Stripe event with %s settles nothing", async (_what, path, member, status) => {
    await scene().harmless(scene().signer.signs(JSON.stringify(withMember(paid(), path, member))), status);
  });

  const refund = {
    id: "re_1",
    amount: 100,
    currency: "cny",
    status: "succeeded",
    payment_intent: "pi_nobody",
  };
  const others: [string, string, object][] = [
    ["a refund of an unknown payment", "refund.updated", refund],
    ["a refund of a fractional amount", "refund.updated", { ...refund, amount: 1.5 }],
    ["a negative refund", "refund.updated", { ...refund, amount: -1 }],
    ["a refund without a currency", "refund.updated", { ...refund, currency: "" }],
    [
      "a refund with a refund number of another type",
      "refund.updated",
      { ...refund, metadata: { refund_no: 7 } },
    ],
    ["a refund with metadata in a list", "refund.updated", { ...refund, metadata: [] }],
    ["a refund without a payment intent", "refund.failed", { ...refund, payment_intent: null }],
    ["a dispute of an unknown payment", "charge.dispute.created", { payment_intent: "pi_nobody" }],
    [
      "a dispute with too long a reason",
      "charge.dispute.created",
      { payment_intent: "pi_1", reason: long(65) },
    ],
    ["an empty dispute", "charge.dispute.closed", {}],
  ];
  it.each(others)("a signed Stripe event about %s changes nothing", async (_what, type, object) => {
    const notified = { ...paid(), type, data: { object } };
    await scene().harmless(scene().signer.signs(JSON.stringify(notified)), 200);
  });

  const texts: [string, (json: string) => string | Buffer<ArrayBuffer>, number][] = [
    [
      "repeating the amount",
      (json) => json.replace('"amount_total":1234', '"amount_total":1234,"amount_total":1'),
      200,
    ],
    [
      "repeating livemode",
      (json) => json.replace('"livemode":false', '"livemode":false,"livemode":true'),
      200,
    ],
    [
      "nested 100,000 levels deep",
      (json) => json.replace('"data":{', `"data":{"x":${deep(100_000)},`).replace(":1234", ":1"),
      200,
    ],
    ["padded with 1 MB of spaces", (json) => `${json.replace(":1234", ":1")}${" ".repeat(1_000_000)}`, 200],
    ["padded with 5 MB of spaces", (json) => json + " ".repeat(5_000_000), 400],
    [
      "carrying a __proto__ member",
      (json) =>
        json.replace('"object":{', '"object":{"__proto__":{"payment_status":"paid"},').replace(":1234", ":1"),
      200,
    ],
    ["followed by more JSON", (json) => `${json}{}`, 400],
    ["cut off", (json) => json.slice(0, -1), 400],
    ["preceded by two byte order marks", (json) => Buffer.from(`\ufeff\ufeff${json}`), 400],
    ["in UTF-16", (json) => Buffer.from(json, "utf16le"), 400],
    ["carrying NaN as amount", (json) => json.replace(":1234", ":NaN"), 400],
    ["preceded by a comment", (json) => `/* paid */${json}`, 400],
    ["wrapped in a list", (json) => `[${json}]`, 400],
    ["empty", () => "", 400],
    ["null", () => "null", 400],
    ["a form", () => "payment_status=paid", 400],
  ];
  it.each(texts)("a signed Stripe event whose body is %s settles nothing", async (_what, change, status) => {
    await scene().harmless(scene().signer.signs(change(JSON.stringify(paid()))), status);
  });

  it("a Stripe event that is not UTF-8 is refused: the signature covers bytes, not decoded text", async () => {
    const body = Buffer.concat([Buffer.from(JSON.stringify(paid())), Buffer.from([0x80])]);
    await scene().harmless(scene().signer.signs(body), 401);
    const call = scene().signer.signs(body);
    const headers = { ...call.headers, "content-type": "application/octet-stream" };
    await scene().harmless({ body, headers }, 400);
  });

  it("Stripe events with ids of maximum length settle a payment and record its refund", async () => {
    const { newOrder, signer, post, rows, world } = scene();
    const orderNo = await newOrder();
    const longest = `pi_${long(252)}`;
    const notified = withMember(event(orderNo, world.clock.now()), "data.object.payment_intent", longest);
    const call = signer.signs(JSON.stringify({ ...notified, id: `evt_${long(251)}` }));
    expect((await post(call)).status).toBe(200);
    expect(await rows.order(orderNo)).toMatchObject({ status: "success", trade_no: longest });
    const refund = {
      ...{ id: `re_${long(252)}`, amount: 234, currency: "cny", status: "succeeded" },
      payment_intent: longest,
    };
    const refunded = {
      ...notified,
      id: `evt_${long(250)}2`,
      type: "refund.updated",
      data: { object: refund },
    };
    expect((await post(signer.signs(JSON.stringify(refunded)))).status).toBe(200);
    expect(await rows.order(orderNo)).toMatchObject({ refunded_minor: "234" });
  });

  it("a Stripe event about a refund in another currency raises an anomaly and changes no amounts", async () => {
    const { newOrder, signer, post, rows, world } = scene();
    const orderNo = await newOrder();
    const paidNow = event(orderNo, world.clock.now());
    const { payment_intent } = paidNow.data.object;
    expect((await post(signer.signs(JSON.stringify(paidNow)))).status).toBe(200);
    const refund = { id: "re_other", amount: 234, currency: "usd", status: "succeeded", payment_intent };
    const notified = { ...paidNow, id: "evt_other", type: "refund.updated", data: { object: refund } };
    expect((await post(signer.signs(JSON.stringify(notified)))).status).toBe(200);
    expect(await rows.order(orderNo)).toMatchObject({ status: "success", refunded_minor: "0" });
    const raised = await rows.anomalies(signer.configId);
    expect(raised.filter(({ order_no }) => order_no === orderNo)).toMatchObject([
      { kind: "mismatch", detail: { said: "refunded", differs: ["currency"], refund_id: "re_other" } },
    ]);
  });
});

describe("signature headers of Stripe events", () => {
  type Parts = { time: number; v1: string };
  const headers: [string, (parts: Parts) => string, number][] = [
    [
      "with a wrong signature before the right one",
      ({ time, v1 }) => `t=${time},v1=${"0".repeat(64)},v1=${v1}`,
      200,
    ],
    ["with a hundred wrong signatures", ({ time }) => `t=${time}${`,v1=${"0".repeat(64)}`.repeat(100)}`, 401],
    ["with spaces", ({ time, v1 }) => ` t=${time} , v1=${v1} `, 200],
    ["with its parts in reverse order", ({ time, v1 }) => `v1=${v1},t=${time}`, 200],
    ["with two times", ({ time, v1 }) => `t=${time},t=${time},v1=${v1}`, 401],
    ["sent twice", ({ time, v1 }) => `t=${time},v1=${v1},t=${time},v1=${v1}`, 401],
    ["with a negative time", ({ time, v1 }) => `t=-${time},v1=${v1}`, 401],
    ["with half a second", ({ time, v1 }) => `t=${time}.5,v1=${v1}`, 401],
    ["with a time in hexadecimal", ({ time, v1 }) => `t=0x${time.toString(16)},v1=${v1}`, 401],
    ["with a leading zero in its time", ({ time, v1 }) => `t=0${time},v1=${v1}`, 401],
    ["with a time of 400 digits", ({ v1 }) => `t=${"9".repeat(400)},v1=${v1}`, 401],
    ["with a signature in upper case", ({ time, v1 }) => `t=${time},v1=${v1.toUpperCase()}`, 401],
    ["with a signature of another scheme", ({ time, v1 }) => `t=${time},v0=${v1},v2=${v1}`, 401],
    ["with half a signature", ({ time, v1 }) => `t=${time},v1=${v1.slice(0, 32)}`, 401],
    ["with data after the signature", ({ time, v1 }) => `t=${time},v1=${v1}00`, 401],
    ["with names in upper case", ({ time, v1 }) => `T=${time},V1=${v1}`, 401],
    ["with an additional equals sign", ({ time, v1 }) => `t=${time},v1==${v1}`, 401],
    ["with __proto__ as scheme", ({ time, v1 }) => `t=${time},__proto__=${v1}`, 401],
    ["of 7,000 commas", () => ",".repeat(7_000), 401],
  ];
  it.each(headers)(
    "a Stripe signature header %s is accepted or refused as its format requires",
    async (_what, make, status) => {
      const body = JSON.stringify({ ...paid(), type: "customer.created" });
      const time = Math.floor(scene().world.clock.now().getTime() / 1000);
      const { webhook_secret: secret } = scene().shop.accounts.stripe!;
      const v1 = createHmac("sha256", secret!).update(`${time}.${body}`).digest("hex");
      const headers = { "content-type": "application/json", "stripe-signature": make({ time, v1 }) };
      await scene().harmless({ body, headers }, status);
    },
  );
});
