import { randomUUID } from "node:crypto";
import { gzipSync } from "node:zlib";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type Api, anOrder, apiOf } from "../steps/api.ts";
import { logOf } from "../steps/captured-log.ts";
import { invoke } from "../steps/front.ts";
import { openRows, type Rows } from "../steps/rows.ts";
import { simulatorOf } from "../steps/simulator.ts";
import { until } from "../steps/until.ts";
import { openWorld, type Shop, type World } from "../steps/world.ts";

let world: World;
let rows: Rows;
let shop: Shop;
let other: Shop;
let api: Api;
/** The id of a delivery that is due, of a paid order. */
let task: string;
/** The number of an open order that is due to be polled. */
let openOrder: string;
let before: unknown;
/** The last test does work; every other test must leave the tables unchanged. */
let mayWrite = false;

beforeAll(async () => {
  world = await openWorld();
  rows = await openRows();
  [shop, other] = [await world.openShop("stripe"), await world.openShop("stripe")];
  api = apiOf(world, shop);
  const paid = await create();
  await simulatorOf(world, "stripe").payUnopened(paid);
  await simulatorOf(world, "stripe").accepted(paid);
  task = String((await rows.notifications(paid))[0]!.id);
  openOrder = await create();
  await world.queues.lose();
  before = await rows.checksums();
});
afterEach(async () => {
  if (!mayWrite) expect(await rows.checksums()).toEqual(before);
});
afterAll(async () => {
  await rows.close();
  await world.stop();
});

async function create(): Promise<string> {
  return String((await api.create(anOrder({ provider: "stripe" }))).data.order_no);
}

/** Passes these bodies to a queue's function as one batch; returns what failed and how many messages it dropped. */
async function consume(entry: string, bodies: unknown[]) {
  const Records = bodies.map((body) => ({ messageId: randomUUID(), body }));
  let failed: unknown;
  const lines = await logOf(async () => {
    failed = await invoke(entry, { Records });
  });
  return { failed, dropped: lines.filter(({ message }) => message === "unreadable message dropped").length };
}

const delivery = () => ({ task, merchant: shop.userId, generation: 1, attempt: 1 });
const pollPayment = () => ({ order_no: openOrder, merchant: shop.userId, due: world.clock.now().getTime() });
const refund = () => ({ refund: "1", merchant: shop.userId, due: world.clock.now().getTime() });

/** Bodies that are no message of any queue. */
const unreadable: [string, unknown][] = [
  ["an empty body", ""],
  ["a single space", " "],
  ["text that is not JSON", "task=1"],
  ["broken JSON", '{"task":"1"'],
  ["null", "null"],
  ["a number", "7"],
  ["a string", '"7"'],
  ["an array", "[]"],
  ["an empty object", "{}"],
  ["a __proto__ member", '{"__proto__":{"task":"1","merchant":"1"}}'],
  ["XML", "<task>1</task>"],
  ["100,000 levels of nesting", "[".repeat(100_000)],
  ["a megabyte", JSON.stringify({ task: "x".repeat(1_000_000) })],
  ["an unpaired surrogate", "\ud800"],
  ["no body at all", undefined],
];

const ids: [string, unknown][] = [
  ["missing", undefined],
  ["null", null],
  ["a number", 7],
  ["empty", ""],
  ["negative", "-1"],
  ["zero", "0"],
  ["with a leading zero", "01"],
  ["with a trailing letter", "1x"],
  ["with a fraction", "1.0"],
  ["with an exponent", "1e0"],
  ["in hexadecimal", "0x1"],
  ["with a space", " 1"],
  ["of full-width digits", "１"],
  ["with SQL", "1 OR 1=1"],
  ["an array", ["1"]],
  ["an object", { id: "1" }],
  ["of 21 digits", "9".repeat(21)],
];
const counts: [string, unknown][] = [
  ["missing", undefined],
  ["text", "1"],
  ["negative", -1],
  ["fractional", 1.5],
  ["above the maximum of its column", 2 ** 32],
  ["huge", 1e300],
  ["null", null],
];

describe("messages of the notify queue", () => {
  const drops = async (body: unknown) => {
    const text = typeof body === "object" ? JSON.stringify(body) : body;
    expect(await consume("deliver-notifications", [text])).toEqual({
      failed: { batchItemFailures: [] },
      dropped: 1,
    });
  };
  it.each(unreadable)("a notify message of %s is dropped with an alarm", (_what, body) => drops(body));
  it.each(ids)("a notify message whose task is %s is dropped with an alarm", (_what, id) =>
    drops({ ...delivery(), task: id }),
  );
  it.each(ids)("a notify message whose merchant is %s is dropped with an alarm", (_what, id) =>
    drops({ ...delivery(), merchant: id }),
  );
  it.each(counts)("a notify message whose generation is %s is dropped with an alarm", (_what, generation) =>
    drops({ ...delivery(), generation }),
  );
  it.each(counts)("a notify message whose attempt is %s is dropped with an alarm", (_what, attempt) =>
    drops({ ...delivery(), attempt }),
  );

  const idle: [string, () => object][] = [
    ["an unknown task", () => ({ task: "999999999" })],
    ["a task above the maximum of BIGINT", () => ({ task: "99999999999999999999" })],
    ["another merchant", () => ({ merchant: other.userId })],
    ["an unknown merchant", () => ({ merchant: "999999999" })],
    ["a merchant above the maximum of BIGINT", () => ({ merchant: "99999999999999999999" })],
    ["another generation", () => ({ generation: 2 })],
    ["a generation of zero", () => ({ generation: 0 })],
    ["a later attempt", () => ({ attempt: 6 })],
    ["the highest attempt that the column holds", () => ({ attempt: 2 ** 32 - 1 })],
  ];
  it.each(idle)("a notify message with %s sends nothing", async (_what, change) => {
    const body = JSON.stringify({ ...delivery(), ...change() });
    expect(await consume("deliver-notifications", [body])).toEqual({
      failed: { batchItemFailures: [] },
      dropped: 0,
    });
    expect(await api.inbox()).toEqual([]);
  });
});

describe("messages of the poll queue", () => {
  const drops = async (body: unknown) => {
    const text = typeof body === "object" ? JSON.stringify(body) : body;
    expect(await consume("poll", [text])).toEqual({ failed: { batchItemFailures: [] }, dropped: 1 });
  };
  it.each(unreadable)("a poll message of %s is dropped with an alarm", (_what, body) => drops(body));
  it.each(ids)("a poll message whose refund is %s is dropped with an alarm", (_what, id) =>
    drops({ ...refund(), refund: id }),
  );
  it.each(ids)("a poll message whose merchant is %s is dropped with an alarm", (_what, id) =>
    drops({ ...pollPayment(), merchant: id }),
  );

  const wrong: [string, object][] = [
    ["a number as its order", { order_no: 7 }],
    ["null as its order", { order_no: null }],
    ["an order number that is too long", { order_no: "U".repeat(33) }],
    ["a time as text", { due: "2026-01-01T00:00:00Z" }],
    ["null as its time", { due: null }],
    ["a time with half a millisecond", { due: 0.5 }],
    ["a time after the year 9999", { due: Number.MAX_SAFE_INTEGER }],
    ["a time before the year 0", { due: -Number.MAX_SAFE_INTEGER }],
  ];
  it.each(wrong)("a poll message with %s is dropped with an alarm", (_what, change) =>
    drops({ ...pollPayment(), ...change }),
  );

  const idle: [string, () => object][] = [
    ["an unknown order", () => ({ ...pollPayment(), order_no: "UNI1" })],
    ["SQL as its order", () => ({ ...pollPayment(), order_no: "' OR '1'='1" })],
    ["an emoji as its order", () => ({ ...pollPayment(), order_no: "🍵\u0000\ud800" })],
    ["another merchant", () => ({ ...pollPayment(), merchant: other.userId })],
    [
      "a merchant above the maximum of BIGINT",
      () => ({ ...pollPayment(), merchant: "99999999999999999999" }),
    ],
    ["an unknown refund", () => ({ ...refund(), refund: "999999999" })],
    ["a refund above the maximum of BIGINT", () => ({ ...refund(), refund: "99999999999999999999" })],
    ["another merchant's refund", () => ({ ...refund(), merchant: other.userId })],
  ];
  it.each(idle)("a poll message with %s calls no provider", async (_what, make) => {
    const calls = (await simulatorOf(world, "stripe").calls()).length;
    expect(await consume("poll", [JSON.stringify(make())])).toEqual({
      failed: { batchItemFailures: [] },
      dropped: 0,
    });
    expect(await simulatorOf(world, "stripe").calls()).toHaveLength(calls);
  });
});

describe("lines from the log subscription", () => {
  const line = {
    message: "merchant call",
    request_id: "r",
    merchant: "7",
    key_id: "k",
    at: "2026-01-02T03:04:05.678Z",
  };
  const record = (message: unknown) => ({ id: "1", timestamp: 1, message });
  const payloads: [string, unknown][] = [
    ["a control message", { messageType: "CONTROL_MESSAGE", logEvents: [] }],
    ["no line", { messageType: "DATA_MESSAGE", logEvents: [] }],
    [
      "lines that are not JSON",
      { messageType: "DATA_MESSAGE", logEvents: [record("START RequestId"), record("")] },
    ],
    ["a line of another kind", { messageType: "DATA_MESSAGE", logEvents: [record('{"message":"call"}')] }],
    ["an incomplete line", { messageType: "DATA_MESSAGE", logEvents: [record(JSON.stringify(line))] }],
    ["a line that is null", { messageType: "DATA_MESSAGE", logEvents: [record("null")] }],
    [
      "a line with 50,000 levels of nesting",
      { messageType: "DATA_MESSAGE", logEvents: [record("[".repeat(50_000))] },
    ],
  ];
  it.each(payloads)("a subscription payload of %s writes nothing", async (_what, payload) => {
    const data = gzipSync(JSON.stringify(payload)).toString("base64");
    await invoke("record-api-calls", { awslogs: { data } });
  });
});

describe("valid messages among invalid ones", () => {
  it("a valid message is processed in a batch with many invalid ones, of either queue", async () => {
    mayWrite = true;
    const bad = [
      ...unreadable.map(([, body]) => body),
      ...ids.map(([, id]) => JSON.stringify({ ...delivery(), task: id })),
    ];
    const deliveries = await consume("deliver-notifications", [
      ...bad,
      JSON.stringify({ ...delivery(), more: 1 }),
      ...bad,
    ]);
    expect(deliveries).toEqual({ failed: { batchItemFailures: [] }, dropped: bad.length * 2 });
    expect(await api.inbox()).toHaveLength(1);

    await simulatorOf(world, "stripe").faults({ lose: true });
    await simulatorOf(world, "stripe").payUnopened(openOrder);
    await world.passes(60);
    const polls = await consume("poll", [...bad, JSON.stringify({ ...pollPayment(), more: 1 }), ...bad]);
    expect(polls).toEqual({ failed: { batchItemFailures: [] }, dropped: bad.length * 2 });
    await until(async () => (await rows.order(openOrder)).status === "success");
  });
});
