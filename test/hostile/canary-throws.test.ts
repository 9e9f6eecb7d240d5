import { inspect } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { withFailpoints } from "../../lib/failpoint.ts";
import { functions } from "../../lib/functions.ts";
import { subscriptionEvent } from "../../scripts/local/host/log-subscriptions.ts";
import { send } from "../attack/send.ts";
import { providerNames } from "../kits/kits.ts";
import { anOrder, apiOf } from "../steps/api.ts";
import { apiCallLines } from "../steps/api-calls.ts";
import { type LogLine, logOf } from "../steps/captured-log.ts";
import { invoke } from "../steps/front.ts";
import { openRows, type Rows } from "../steps/rows.ts";
import { openWorld, type Shop, type World } from "../steps/world.ts";

const canary = "canary-value-of-a-row";

let world: World;
let rows: Rows;
let shop: Shop;
let orderNo: string;
let recorded: LogLine[];
/** A real error of MySQL about a duplicate value, as the driver throws it. */
let duplicate: Error;

beforeAll(async () => {
  world = await openWorld();
  rows = await openRows();
  shop = await world.openShop("stripe");
  const api = apiOf(world, shop);
  recorded = apiCallLines(
    await logOf(async () => {
      orderNo = String((await api.create(anOrder({ provider: "stripe" }))).data.order_no);
    }),
  );
  const insert = "INSERT INTO users (username) VALUES (?), (?)";
  duplicate = await rows.query(insert, [canary, canary]).then(
    () => new Error("nothing was thrown"),
    (error) => error,
  );
  process.env.APP_SECRET_ARN = process.env.DB_SECRET_ARN;
  process.env.FAILPOINTS = "on";
});
afterAll(async () => {
  delete process.env.FAILPOINTS;
  await rows.close();
  await world.stop();
});

/** For each function one call that gets as far as possible. */
const calls: Record<string, () => Promise<unknown>> = {
  "create-payment": () => call("POST", "/api/v1/payment/create", anOrder({ provider: "stripe" })),
  "query-payment": () => call("GET", `/api/v1/payment/query/${orderNo}`),
  "list-payments": () => call("GET", "/api/v1/payment/list"),
  "resend-notification": () => call("POST", `/api/v1/payment/notify/resend/${orderNo}`),
  "close-payment": () => call("POST", `/api/v1/payment/close/${orderNo}`),
  "refund-payment": () => call("POST", "/api/v1/payment/refund", { order_no: orderNo, refund_no: "r-1" }),
  ...Object.fromEntries(providerNames.map((name) => [`webhooks/${name}`, () => webhook(name)])),
  "payment-return": () => call("GET", `/api/v1/public/return/stripe/${orderNo}`),
  "deliver-notifications": () =>
    message("deliver-notifications", { task: "1", merchant: shop.userId, generation: 1, attempt: 1 }),
  poll: () => message("poll", { order_no: orderNo, merchant: shop.userId, due: Date.now() }),
  sweep: () => invoke("sweep", {}),
  "record-api-calls": () => invoke("record-api-calls", handedOver()),
  ops: () => invoke("ops", { command: "order show", args: { order_no: orderNo } }),
  migrate: () => invoke("migrate", {}),
  health: () => call("GET", "/health?deep=1"),
};

function call(method: string, target: string, body?: object) {
  const headers = { "x-api-key": shop.apiKey, ...(body && { "content-type": "application/json" }) };
  const bytes = Buffer.from(body === undefined ? "" : JSON.stringify(body));
  return send({ kind: "", method, target, headers, body: bytes }, "192.0.2.1", world);
}

let configs = 9_000_000;
/** A webhook of a new config id each time, so that the config is read from the database. */
const webhook = (provider: string) =>
  call("POST", `/api/v1/public/notify/${provider}/${configs++}`, { id: "evt_1" });

const message = (entry: string, wakeUp: object) =>
  invoke(entry, { Records: [{ messageId: "m-1", body: JSON.stringify(wakeUp) }] });

function handedOver() {
  const events = recorded.map((line) => ({ timestamp: 0, message: JSON.stringify(line) }));
  return subscriptionEvent(events, { logGroup: "test", subscriptionFilters: ["test"] });
}

/** The log and the outcome of a call that throws `thrown` where it leaves the process for the `at`-th time (from 0). */
async function seenOf(run: () => Promise<unknown>, at: number, thrown: unknown) {
  let boundaries = 0;
  let outcome: unknown;
  const meet = async (when: "before" | "after") => {
    if (when === "before" && boundaries++ === at) throw thrown;
  };
  const log = await logOf(async () => {
    outcome = await withFailpoints(meet, run).catch((error) => [String(error), error.stack, inspect(error)]);
  });
  return { text: JSON.stringify([log, inspect(outcome, { depth: 9 })]), isMet: boundaries > at };
}

const mostBoundaries = 12;
/** Functions that never leave the process. */
const alone = ["openapi"];

it("the test has a call for every function that leaves its process", () => {
  const entries = functions.map(({ entry }) => entry).filter((entry) => !alone.includes(entry));
  expect(Object.keys(calls).sort()).toEqual(entries.sort());
  expect(duplicate.message).toContain(canary);
});

describe.each(Object.keys(calls))("%s", (entry) => {
  it(`no words of an error are revealed, wherever it is thrown: ${entry}`, async () => {
    const wrapped = new AggregateError([duplicate], canary, { cause: duplicate });
    let met = 0;
    for (let at = 0; at < mostBoundaries; at++) {
      for (const thrown of [duplicate, wrapped, canary]) {
        const { text, isMet } = await seenOf(calls[entry]!, at, thrown);
        if (isMet) met += 1;
        expect(text).not.toContain(canary);
      }
    }
    expect(met).toBeGreaterThan(0);
  });
});
