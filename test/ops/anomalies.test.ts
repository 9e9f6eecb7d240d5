import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type AlipaySignedByUs, alipaySignedByUs } from "../kits/alipay/signed-notices.ts";
import { anOrder, apiOf, type Data } from "../steps/api.ts";
import { operator, refusal } from "../steps/operator.ts";
import { openRows, type Rows } from "../steps/rows.ts";
import { postWebhook } from "../steps/signed-webhooks.ts";
import { openWorld, type Shop, type World } from "../steps/world.ts";

let world: World;
let rows: Rows;
const shops: { shop: Shop; alipay: AlipaySignedByUs }[] = [];

beforeAll(async () => {
  world = await openWorld();
  rows = await openRows();
  for (const _ of ["mine", "theirs"]) {
    const shop = await world.openShop("alipay");
    shops.push({ shop, alipay: await alipaySignedByUs(world, shop) });
  }
});
afterAll(async () => {
  await rows.close();
  await world.stop();
});

const list = (args: Data = {}) => operator<Data[]>("anomaly list", args);

/** Raises a mismatch: a validly signed notification of another amount. `notice` sends it again. */
async function mismatch(whose: number): Promise<{ notice(): Promise<unknown>; orderNo: unknown }> {
  const { shop, alipay } = shops[whose]!;
  const { data } = await apiOf(world, shop).create(anOrder({ config: alipay.name }));
  const call = alipay.notice(data.order_no, { total_amount: "0.01" });
  const notice = () => postWebhook(world, alipay.path, call);
  await notice();
  return { notice, orderNo: data.order_no };
}

describe("anomaly commands", () => {
  it("anomaly list shows open anomalies of all merchants or of one, and filters by kind", async () => {
    const { orderNo: mine } = await mismatch(0);
    const { orderNo: theirs } = await mismatch(1);
    const { shop, alipay } = shops[0]!;
    await postWebhook(world, alipay.path, alipay.notice("UNI2026010203040506789012345ABCD"));
    expect((await list()).map(({ order_no }) => order_no)).toEqual([null, theirs, mine]);
    const [unknown, line] = await list({ merchant: shop.username });
    expect(unknown).toMatchObject({ kind: "unknown-order", order_no: null });
    expect(line).toEqual({
      id: expect.stringMatching(/^\d+$/),
      user_id: shop.userId,
      config_id: alipay.configId,
      order_no: mine,
      kind: "mismatch",
      detail: expect.objectContaining({ amount_minor: 1, differs: ["amount"] }),
      times: 1,
      status: "open",
      created_at: expect.any(String),
      resolved_at: null,
      note: null,
    });
    expect(await list({ merchant: shop.username, kind: "mismatch" })).toEqual([line]);
    expect(await list({ status: "resolved" })).toEqual([]);
    expect(await list({ limit: "1" })).toEqual([unknown]);
  });

  it("anomaly resolve stores a note, and the anomaly reopens when the provider repeats the event", async () => {
    const { notice, orderNo } = await mismatch(0);
    const [open] = await list();
    const note = "  refunded at Alipay by hand, ticket 17  ";
    const resolved = await operator("anomaly resolve", { id: open?.id, note });
    expect(resolved).toMatchObject({
      id: open?.id,
      status: "resolved",
      note: note.trim(),
      order_no: orderNo,
    });
    expect(resolved.resolved_at).toEqual(expect.any(String));
    expect((await list()).map(({ id }) => id)).not.toContain(open?.id);
    expect(await refusal("anomaly resolve", { id: open?.id, note: "again" })).toMatchObject({ code: 1005 });
    expect(await list({ status: "resolved" })).toContainEqual(resolved);
    await notice();
    const reopened = { ...resolved, times: 2, status: "open", resolved_at: null };
    expect(await list()).toContainEqual(reopened);
    expect(await operator("order show", { order_no: orderNo })).toMatchObject({
      anomalies: [{ id: open?.id }],
    });
  });

  it("anomaly resolve is refused without a note, with an unknown id, or for another merchant's anomaly", async () => {
    await mismatch(0);
    const [open] = await list();
    const id = open?.id;
    const stored = await rows.checksums();
    for (const note of [undefined, "", "   ", "x".repeat(501), "a\u0000b"])
      expect(await refusal("anomaly resolve", { id, note })).toMatchObject({
        code: 1001,
        message: expect.stringContaining("note"),
      });
    const note = "done";
    const none = { code: 1004, message: expect.stringContaining("see anomaly list") };
    expect(await refusal("anomaly resolve", { id: "999999999", note })).toEqual(none);
    expect(await refusal("anomaly resolve", { id, note, merchant: shops[1]?.shop.username })).toEqual(none);
    expect(await refusal("anomaly resolve", { id: `${id} `, note })).toMatchObject({ code: 1001 });
    expect(await refusal("anomaly list", { status: "closed" })).toMatchObject({ code: 1001 });
    expect(await refusal("anomaly list", { merchant: "nobody" })).toMatchObject({ code: 1004 });
    expect(await rows.checksums()).toEqual(stored);
  });

  it("of several concurrent anomaly resolve commands exactly one succeeds", async () => {
    await mismatch(0);
    const [open] = await list();
    const notes = ["first", "second", "third"];
    const outcomes = await Promise.allSettled(
      notes.map((note) => operator("anomaly resolve", { id: open?.id, note })),
    );
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  });
});
