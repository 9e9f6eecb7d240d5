import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { secondsAfter } from "../../lib/clock.ts";
import { runCommand } from "../../lib/ops/run-command.ts";
import { apiOf } from "../steps/api.ts";
import { startDatabaseProxy } from "../steps/database-proxy.ts";
import { anotherGateway } from "../steps/gateways.ts";
import { operator, refusal } from "../steps/operator.ts";
import { until } from "../steps/until.ts";
import { openWorld, type World } from "../steps/world.ts";
import { testDatabase } from "../storage/connections.ts";

let world: World;

beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.stop());

type NewKey = { api_key: string; key_id: string; scopes: string[]; expires_at: string | null };
type ListedKey = NewKey & { live: boolean; revoked_at: string | null; last_used_at: string | null };

async function newMerchant(): Promise<string> {
  const username = `keys-${randomUUID().slice(0, 8)}`;
  await operator("merchant create", { username });
  return username;
}

const newKey = (merchant: string, more = {}) => operator<NewKey>("key create", { merchant, ...more });
const keysOf = (merchant: string) => operator<ListedKey[]>("key list", { merchant });
const use = async (apiKey: string) =>
  (await apiOf(world, { apiKey, inboxUrl: "" }).call("GET", "/api/v1/capabilities")).status;

const day = 24 * 3600;

describe("API key commands", () => {
  it("a merchant has at most two live API keys: a third is created only after one is revoked", async () => {
    const merchant = await newMerchant();
    const first = await newKey(merchant);
    await newKey(merchant);
    expect(await refusal("key create", { merchant })).toMatchObject({ code: 1005 });
    await operator("key revoke", { merchant, key_id: first.key_id });
    await newKey(merchant);
    expect((await keysOf(merchant)).map(({ live }) => live)).toEqual([false, true, true]);
  });

  it.each([
    ["key create with no existing key", "key create", 0],
    ["key create with one existing key", "key create", 1],
    ["key roll with no existing key", "key roll", 0],
    ["key roll with two existing keys", "key roll", 2],
  ])("eight concurrent runs of %s leave exactly two live API keys", async (_, command, before) => {
    const merchant = await newMerchant();
    for (let made = 0; made < before; made++) await newKey(merchant);
    const gateways = Array.from({ length: 8 }, () => anotherGateway());
    const answers = await Promise.all(gateways.map((gateway) => runCommand(gateway, command, { merchant })));
    await Promise.all(gateways.map((gateway) => gateway.close()));
    const keys = await keysOf(merchant);
    expect(keys.filter(({ live }) => live)).toHaveLength(2);
    const made = answers.filter(({ ok }) => ok);
    expect(made).toHaveLength(command === "key roll" ? 8 : 2 - before);
    expect(keys).toHaveLength(before + made.length);
    for (const answer of answers) if (!answer.ok) expect(answer).toMatchObject({ code: 1005 });
  });

  it("two key rolls that overlap leave exactly two live API keys", async () => {
    const merchant = await newMerchant();
    await newKey(merchant);
    const proxies = [
      await startDatabaseProxy(await testDatabase()),
      await startDatabaseProxy(await testDatabase()),
    ];
    const gateways = proxies.map(({ port }) => anotherGateway({ DB_PORT: String(port) }));
    const [slow, beside] = proxies.map((proxy, at) => ({
      proxy,
      roll: () => runCommand(gateways[at]!, "key roll", { merchant }),
    }));
    const held = slow!.proxy.hold(/^insert into `api_keys`/);
    const first = slow!.roll();
    const release = await held;
    const second = beside!.roll();
    // The second roll waits for the merchant's row lock; without that lock it would wait at the update of the old key.
    await until(async () =>
      beside!.proxy.statements.some((sent) => /for update$|^update `api_keys`/.test(sent)),
    );
    release();
    expect(await Promise.all([first, second])).toMatchObject([{ ok: true }, { ok: true }]);
    expect((await keysOf(merchant)).map(({ live }) => live)).toEqual([false, true, true]);
    await Promise.all(gateways.map((gateway) => gateway.close()));
    for (const proxy of proxies) proxy.stop();
  });

  it("key create and key roll create one API key each, even if the answer to the COMMIT is lost", async () => {
    const merchant = await newMerchant();
    const proxy = await startDatabaseProxy(await testDatabase());
    const gateway = anotherGateway({ DB_PORT: String(proxy.port) });
    for (const [command, args] of Object.entries({ "key create": { scopes: "query" }, "key roll": {} })) {
      const lost = proxy.loseAnswerTo(/^commit/i);
      const [answer] = await Promise.all([runCommand(gateway, command, { merchant, ...args }), lost]);
      expect(answer).toMatchObject({ ok: true, data: { scopes: ["query"] } });
    }
    await gateway.close();
    proxy.stop();
    expect((await keysOf(merchant)).map(({ live }) => live)).toEqual([true, true]);
  });

  it("an API key expires after --expires-in-days, and never without that option", async () => {
    const merchant = await newMerchant();
    const short = await newKey(merchant, { expires_in_days: 2 });
    const lasting = await newKey(merchant);
    expect(lasting.expires_at).toBeNull();
    expect([await use(short.api_key), await use(lasting.api_key)]).toEqual([200, 200]);
    await world.passes(2 * day - 60);
    expect([await use(short.api_key), await use(lasting.api_key)]).toEqual([200, 200]);
    await world.passes(60);
    expect([await use(short.api_key), await use(lasting.api_key)]).toEqual([401, 200]);
    expect(await keysOf(merchant)).toMatchObject([
      { live: false, expires_at: short.expires_at },
      { live: true },
    ]);
  });

  it("key roll keeps the scopes of the old API key and applies --expires-in-days to the new one", async () => {
    const merchant = await newMerchant();
    const old = await newKey(merchant, { scopes: "query,refund" });
    const fresh = await operator<NewKey>("key roll", { merchant, expires_in_days: 1 });
    expect(fresh).toMatchObject({ scopes: old.scopes, expires_at: expect.any(String) });
    // Two keys are live already, so another roll revokes the older one.
    await operator("key roll", { merchant });
    expect((await keysOf(merchant)).filter(({ live }) => live)).toHaveLength(2);
    expect(await use(fresh.api_key)).toBe(200);
    await world.passes(day);
    expect(await use(fresh.api_key)).toBe(401);
  });

  it("key roll sets the end of the old API key, but never later than its previous end", async () => {
    const merchant = await newMerchant();
    const lasting = await newKey(merchant);
    const overlapEnd = secondsAfter(world.clock.now(), day).getTime();
    const brief = await operator<NewKey>("key roll", { merchant, expires_in_days: 3 });
    const [old] = await keysOf(merchant);
    expect(old).toMatchObject({ key_id: lasting.key_id, live: true, revoked_at: null });
    const expires = new Date(old!.expires_at!).getTime();
    expect(expires).toBeGreaterThanOrEqual(overlapEnd);
    expect(expires).toBeLessThanOrEqual(secondsAfter(world.clock.now(), day).getTime());
    await operator("key roll", { merchant, overlap_hours: 100 });
    expect(await keysOf(merchant)).toMatchObject([
      { live: false, revoked_at: expect.any(String) },
      { key_id: brief.key_id, live: true, expires_at: brief.expires_at, revoked_at: null },
      { live: true, expires_at: null, revoked_at: null },
    ]);
  });

  it("key list shows when an API key was last used", async () => {
    const merchant = await newMerchant();
    const { api_key } = await newKey(merchant);
    expect(await keysOf(merchant)).toMatchObject([{ last_used_at: null }]);
    const before = world.clock.now();
    await use(api_key);
    const [key] = await keysOf(merchant);
    const used = new Date(key!.last_used_at!).getTime();
    expect(used).toBeGreaterThanOrEqual(before.getTime());
    expect(used).toBeLessThanOrEqual(world.clock.now().getTime());
  });

  it.each([0, -1, 1.5, 3651, "soon"])("key create refuses --expires-in-days %s", async (expires_in_days) => {
    const merchant = await newMerchant();
    expect(await refusal("key create", { merchant, expires_in_days })).toMatchObject({ code: 1001 });
    expect(await keysOf(merchant)).toEqual([]);
  });
});
