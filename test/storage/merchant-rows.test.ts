import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { StoredConfig } from "../../lib/payments/config-ports.ts";
import type { Database } from "../../lib/storage/database.ts";
import { openDatabase } from "../../lib/storage/database.ts";
import { merchantsIn } from "../../lib/storage/merchants.ts";
import { paymentConfigsIn } from "../../lib/storage/payment-configs.ts";
import { retireConfig } from "../../lib/storage/retire-config.ts";
import { testDatabase } from "./connections.ts";

let database: Database;
beforeAll(() => {
  database = openDatabase(() => testDatabase());
});
afterAll(() => database.destroy());

const now = new Date("2026-05-06T07:08:09.123Z");

async function aConfig(userId: string) {
  const configs = paymentConfigsIn(database);
  const id = await configs.create(userId, "stripe", randomUUID(), now);
  return (await configs.byId(id))!;
}

it("credentials replace only the credentials that were read", async () => {
  const configs = paymentConfigsIn(database);
  const read = await aConfig("7");
  expect(await configs.put(read, { encrypted: "first", account: null, replaces: null }, now)).toBe(true);
  expect(await configs.put(read, { encrypted: "second", account: null, replaces: null }, now)).toBe(false);
  const existing = (await configs.byId(read.id))!;
  // Re-encryption keeps the version and changes the bytes.
  expect(await configs.reencryptRow(existing, "encrypted", now)).toBe(true);
  expect(await configs.reencryptRow(existing, "encrypted later", now)).toBe(false);
  expect(await configs.byId(read.id)).toMatchObject({ data: "encrypted", version: 2, state: "active" });
});

it("credentials are deleted only from a config that cannot create payments", async () => {
  const configs = paymentConfigsIn(database);
  const made = await aConfig("7");
  await configs.put(made, { encrypted: "first", account: null, replaces: null }, now);
  const active = (await configs.byId(made.id))!;
  expect(await retireConfig(database, active, null, now)).toBe(false);
  await configs.setActive("7", made.id, false, now);
  expect(await retireConfig(database, { ...active, version: 9 }, null, now)).toBe(false);
  expect(await configs.byId(made.id)).toMatchObject({ state: "disabled", data: "first" });
  expect(await retireConfig(database, active, "why", now)).toBe(true);
  expect(await configs.byId(made.id)).toMatchObject({ state: "retired", data: "{}" });
});

const mine = { account: "acct_1", livemode: false };

it("a config row never stores credentials of another account", async () => {
  const configs = paymentConfigsIn(database);
  const made = await aConfig("7");
  await configs.put(made, { encrypted: "first", account: mine, replaces: null }, now);
  const existing = (await configs.byId(made.id))!;
  const other = { encrypted: "other", account: { ...mine, account: "acct_2" }, replaces: null };
  expect(await configs.put(existing, other, now)).toBe(false);
  expect(await configs.put(existing, { ...other, account: null }, now)).toBe(false);
  expect(await configs.byId(made.id)).toMatchObject({ data: "first", version: 2, ...mine });
  expect(await configs.put(existing, { ...other, account: mine }, now)).toBe(true);
});

it("a config takes the name of the config that was read, both in one commit or neither", async () => {
  const configs = paymentConfigsIn(database);
  const [first, second, third] = [await aConfig("7"), await aConfig("7"), await aConfig("7")];
  const put = (config: StoredConfig, replaces: StoredConfig | null) =>
    configs.put(config, { encrypted: "encrypted", account: null, replaces }, now);
  await put(first, null);
  const live = (await configs.byId(first.id))!;
  // The config with the name has changed since it was read, so the new one does not get the name.
  expect(await put(second, first)).toBe(false);
  expect(await configs.byId(second.id)).toMatchObject({ data: "{}", state: "replaced" });
  expect(await put(second, live)).toBe(true);
  expect(await configs.byId(first.id)).toMatchObject({ state: "replaced", data: "encrypted" });
  expect(await put(third, live)).toBe(false);
  expect(await configs.byId(second.id)).toMatchObject({ state: "active" });
});

it("an account is stored only with the credentials that it was fetched with", async () => {
  const configs = paymentConfigsIn(database);
  const made = await aConfig("7");
  await configs.put(made, { encrypted: "first", account: null, replaces: null }, now);
  const read = (await configs.byId(made.id))!;
  expect(await configs.saveAccount({ ...read, data: "other" }, mine)).toBe(false);
  expect(await configs.saveAccount({ ...read, version: 1 }, mine)).toBe(false);
  expect(await configs.saveAccount(read, mine)).toBe(true);
  // Another process has stored the same account at the same time.
  expect(await configs.saveAccount(read, mine)).toBe(true);
  expect(await configs.saveAccount(read, { ...mine, account: "acct_2" })).toBe(false);
  expect(await configs.byId(made.id)).toMatchObject(mine);
});

it("a config is enabled and disabled by its merchant only", async () => {
  const made = await aConfig("7");
  const { id } = made;
  const { setActive, byId, put } = paymentConfigsIn(database);
  // It has no credentials yet, so it cannot become active.
  expect(await setActive("7", id, true, now)).toBe(false);
  await put(made, { encrypted: "first", account: null, replaces: null }, now);
  expect(await setActive("7", id, false, now)).toBe(true);
  expect(await byId(id)).toMatchObject({ state: "disabled" });
  expect(await setActive("7", id, true, now)).toBe(true);
  expect(await setActive("8", id, false, now)).toBe(false);
  expect(await byId(id)).toMatchObject({ state: "active" });
});

it("an API key is revoked by its merchant only", async () => {
  const { addKey, revokeKey, keys } = merchantsIn(database);
  const keyId = `m7k${randomUUID().slice(0, 8)}`;
  await addKey("7", { keyId, hash: Buffer.alloc(32) }, ["query"], now, 2);
  expect(await revokeKey("8", keyId, now)).toBe(false);
  expect((await keys("7")).find((key) => key.keyId === keyId)).toMatchObject({ revokedAt: null });
  expect(await revokeKey("7", keyId, now)).toBe(true);
});

it("a merchant is found by its id or its exact username, and an id comes before an equal username", async () => {
  const { create, find } = merchantsIn(database);
  const username = `Shop-${randomUUID().slice(0, 8)}`;
  const userId = await create(username, {}, now);
  const namesake = await create(userId, {}, now);
  expect(await find(userId)).toMatchObject({ userId, username });
  expect(await find(username)).toMatchObject({ userId, username });
  expect(await find(namesake)).toMatchObject({ userId: namesake, username: userId });
  for (const other of [
    `${username} `,
    username.toLowerCase(),
    `${userId}0`,
    `0${userId}`,
    "9".repeat(20),
    "",
  ])
    expect(await find(other)).toBeNull();
});
