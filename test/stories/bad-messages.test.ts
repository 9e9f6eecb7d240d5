import { randomUUID } from "node:crypto";
import { gzipSync } from "node:zlib";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type Api, anOrder, apiOf } from "../steps/api.ts";
import { logOf } from "../steps/captured-log.ts";
import { invoke } from "../steps/front.ts";
import { openRows, type Rows } from "../steps/rows.ts";
import { simulatorOf, until } from "../steps/simulator.ts";
import { openWorld, type Shop, type World } from "../steps/world.ts";

let world: World;
let rows: Rows;
let shop: Shop;
let other: Shop;
let api: Api;
/** Of an order that is paid and whose notification is due; of one that is open, and due to be looked up. */
let task: string;
let openOrder: string;
let before: unknown;

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
afterEach(async ({ task: { name } }) => {
  if (!name.startsWith("beside")) expect(await rows.checksums()).toEqual(before);
});
afterAll(async () => {
  await rows.close();
  await world.stop();
});

async function create(): Promise<string> {
  return String((await api.create(anOrder({ provider: "stripe" }))).data.order_no);
}

/** Hands these bodies to a queue's function as one batch; answers what failed and what it said. */
async function consume(entry: string, bodies: unknown[]) {
  const Records = bodies.map((body) => ({ messageId: randomUUID(), body }));
  let failed: unknown;
  const lines = await logOf(async () => {
    failed = await invoke(entry, { Records });
  });
  return { failed, dropped: lines.filter(({ message }) => message === "unreadable message dropped").length };
}

const delivery = () => ({ task, merchant: shop.userId, generation: 1, attempt: 1 });
const recheck = () => ({ order_no: openOrder, merchant: shop.userId, due: world.clock.now().getTime() });
const refund = () => ({ refund: "1", merchant: shop.userId, due: world.clock.now().getTime() });

/** No JSON of any message. */
const unreadable: [string, unknown][] = [
  ["nothing", ""],
  ["a blank", " "],
  ["no JSON", "task=1"],
  ["broken JSON", '{"task":"1"'],
  ["null", "null"],
  ["a number", "7"],
  ["a text", '"7"'],
  ["a list", "[]"],
  ["an empty object", "{}"],
  ["a prototype", '{"__proto__":{"task":"1","merchant":"1"}}'],
  ["XML", "<task>1</task>"],
  ["100,000 levels", "[".repeat(100_000)],
  ["a megabyte", JSON.stringify({ task: "x".repeat(1_000_000) })],
  ["half a character", "\ud800"],
  ["no body at all", undefined],
];

const ids: [string, unknown][] = [
  ["missing", undefined],
  ["null", null],
  ["a number", 7],
  ["empty", ""],
  ["negative", "-1"],
  ["zero", "0"],
  ["with a zero in front", "01"],
  ["with a letter behind", "1x"],
  ["with a fraction", "1.0"],
  ["with an exponent", "1e0"],
  ["in hexadecimal", "0x1"],
  ["with a space", " 1"],
  ["of full-width digits", "１"],
  ["of SQL", "1 OR 1=1"],
  ["a list", ["1"]],
  ["an object", { id: "1" }],
  ["of 21 digits", "9".repeat(21)],
];
const counts: [string, unknown][] = [
  ["missing", undefined],
  ["text", "1"],
  ["negative", -1],
  ["half", 1.5],
  ["beyond its column", 2 ** 32],
  ["huge", 1e300],
  ["null", null],
];

describe("a message of the notify queue", () => {
  const drops = async (body: unknown) => {
    const text = typeof body === "object" ? JSON.stringify(body) : body;
    expect(await consume("deliver-notifications", [text])).toEqual({
      failed: { batchItemFailures: [] },
      dropped: 1,
    });
  };
  it.each(unreadable)("of %s is dropped with an alarm", (_what, body) => drops(body));
  it.each(ids)("with a task that is %s is dropped with an alarm", (_what, id) =>
    drops({ ...delivery(), task: id }),
  );
  it.each(ids)("with a merchant that is %s is dropped with an alarm", (_what, id) =>
    drops({ ...delivery(), merchant: id }),
  );
  it.each(counts)("with a generation that is %s is dropped with an alarm", (_what, generation) =>
    drops({ ...delivery(), generation }),
  );
  it.each(counts)("with an attempt that is %s is dropped with an alarm", (_what, attempt) =>
    drops({ ...delivery(), attempt }),
  );

  const idle: [string, () => object][] = [
    ["a task of nobody", () => ({ task: "999999999" })],
    ["a task beyond BIGINT", () => ({ task: "99999999999999999999" })],
    ["another merchant", () => ({ merchant: other.userId })],
    ["a merchant of nobody", () => ({ merchant: "999999999" })],
    ["a merchant beyond BIGINT", () => ({ merchant: "99999999999999999999" })],
    ["another generation", () => ({ generation: 2 })],
    ["a generation of zero", () => ({ generation: 0 })],
    ["an attempt to come", () => ({ attempt: 6 })],
    ["the last attempt that a column holds", () => ({ attempt: 2 ** 32 - 1 })],
  ];
  it.each(idle)("with %s sends nothing", async (_what, change) => {
    const body = JSON.stringify({ ...delivery(), ...change() });
    expect(await consume("deliver-notifications", [body])).toEqual({
      failed: { batchItemFailures: [] },
      dropped: 0,
    });
    expect(await api.inbox()).toEqual([]);
  });
});

describe("a message of the recheck queue", () => {
  const drops = async (body: unknown) => {
    const text = typeof body === "object" ? JSON.stringify(body) : body;
    expect(await consume("recheck", [text])).toEqual({ failed: { batchItemFailures: [] }, dropped: 1 });
  };
  it.each(unreadable)("of %s is dropped with an alarm", (_what, body) => drops(body));
  it.each(ids)("with a refund that is %s is dropped with an alarm", (_what, id) =>
    drops({ ...refund(), refund: id }),
  );
  it.each(ids)("with a merchant that is %s is dropped with an alarm", (_what, id) =>
    drops({ ...recheck(), merchant: id }),
  );

  const wrong: [string, object][] = [
    ["an order of a number", { order_no: 7 }],
    ["an order of null", { order_no: null }],
    ["an order too long", { order_no: "U".repeat(33) }],
    ["a time as text", { due: "2026-01-01T00:00:00Z" }],
    ["a time of null", { due: null }],
    ["half a millisecond", { due: 0.5 }],
    ["a time beyond all years", { due: Number.MAX_SAFE_INTEGER }],
    ["a time before all years", { due: -Number.MAX_SAFE_INTEGER }],
  ];
  it.each(wrong)("with %s is dropped with an alarm", (_what, change) => drops({ ...recheck(), ...change }));

  const idle: [string, () => object][] = [
    ["an order of nobody", () => ({ ...recheck(), order_no: "UNI1" })],
    ["an order of SQL", () => ({ ...recheck(), order_no: "' OR '1'='1" })],
    ["an order of an emoji", () => ({ ...recheck(), order_no: "🍵\u0000\ud800" })],
    ["another merchant", () => ({ ...recheck(), merchant: other.userId })],
    ["a merchant beyond BIGINT", () => ({ ...recheck(), merchant: "99999999999999999999" })],
    ["a refund of nobody", () => ({ ...refund(), refund: "999999999" })],
    ["a refund beyond BIGINT", () => ({ ...refund(), refund: "99999999999999999999" })],
    ["another merchant's refund", () => ({ ...refund(), merchant: other.userId })],
  ];
  it.each(idle)("with %s asks nobody", async (_what, make) => {
    const calls = (await simulatorOf(world, "stripe").calls()).length;
    expect(await consume("recheck", [JSON.stringify(make())])).toEqual({
      failed: { batchItemFailures: [] },
      dropped: 0,
    });
    expect(await simulatorOf(world, "stripe").calls()).toHaveLength(calls);
  });
});

describe("call records handed over by a subscription", () => {
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
    ["no lines", { messageType: "DATA_MESSAGE", logEvents: [] }],
    [
      "lines that are no JSON",
      { messageType: "DATA_MESSAGE", logEvents: [record("START RequestId"), record("")] },
    ],
    ["a line of another kind", { messageType: "DATA_MESSAGE", logEvents: [record('{"message":"call"}')] }],
    ["a line that is not whole", { messageType: "DATA_MESSAGE", logEvents: [record(JSON.stringify(line))] }],
    ["a line of null", { messageType: "DATA_MESSAGE", logEvents: [record("null")] }],
    ["a deep line", { messageType: "DATA_MESSAGE", logEvents: [record("[".repeat(50_000))] }],
  ];
  it.each(payloads)("of %s write nothing", async (_what, payload) => {
    const data = gzipSync(JSON.stringify(payload)).toString("base64");
    await invoke("record-api-calls", { awslogs: { data } });
  });
});

describe("good messages", () => {
  it("beside a hundred that are not are done", async () => {
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
    const rechecks = await consume("recheck", [...bad, JSON.stringify({ ...recheck(), more: 1 }), ...bad]);
    expect(rechecks).toEqual({ failed: { batchItemFailures: [] }, dropped: bad.length * 2 });
    await until(async () => (await rows.order(openOrder)).status === "success");
  });
});
