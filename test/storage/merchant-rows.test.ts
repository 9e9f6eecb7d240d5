import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { StoredConfig } from "../../lib/domain/config.ts";
import { addApiKey, listApiKeys, revokeApiKey } from "../../lib/storage/api-keys.ts";
import type { Database } from "../../lib/storage/database.ts";
import { openDatabase } from "../../lib/storage/database.ts";
import { createMerchant, findMerchant } from "../../lib/storage/merchants.ts";
import {
  createConfig,
  findConfig,
  putCredentials,
  saveConfigAccount,
  saveReencrypted,
  setConfigActive,
} from "../../lib/storage/payment-configs.ts";
import { retireConfig } from "../../lib/storage/retire-config.ts";
import { testDatabase } from "./connections.ts";

let database: Database;
beforeAll(() => {
  database = openDatabase(() => testDatabase());
});
afterAll(() => database.destroy());

const now = new Date("2026-05-06T07:08:09.123Z");

async function aConfig(userId: string) {
  const id = await createConfig(database, userId, { provider: "stripe", name: randomUUID() }, now);
  return (await findConfig(database, id))!;
}

it("credentials replace only the credentials that were read", async () => {
  const read = await aConfig("7");
  expect(
    await putCredentials(database, read, { encrypted: "first", account: null, replaces: null }, now),
  ).toBe(true);
  expect(
    await putCredentials(database, read, { encrypted: "second", account: null, replaces: null }, now),
  ).toBe(false);
  const existing = (await findConfig(database, read.id))!;
  // Re-encryption keeps the version and changes the bytes.
  expect(await saveReencrypted(database, existing, "encrypted", now)).toBe(true);
  expect(await saveReencrypted(database, existing, "encrypted later", now)).toBe(false);
  expect(await findConfig(database, read.id)).toMatchObject({
    data: "encrypted",
    version: 2,
    state: "active",
  });
});

it("credentials are deleted only from a config that cannot create payments", async () => {
  const made = await aConfig("7");
  await putCredentials(database, made, { encrypted: "first", account: null, replaces: null }, now);
  const active = (await findConfig(database, made.id))!;
  expect(await retireConfig(database, active, null, now)).toBe(false);
  await setConfigActive(database, { userId: "7", id: made.id }, false, now);
  expect(await retireConfig(database, { ...active, version: 9 }, null, now)).toBe(false);
  expect(await findConfig(database, made.id)).toMatchObject({ state: "disabled", data: "first" });
  expect(await retireConfig(database, active, "why", now)).toBe(true);
  expect(await findConfig(database, made.id)).toMatchObject({ state: "retired", data: "{}" });
});

const mine = { account: "acct_1", livemode: false };

it("a config row never stores credentials of another account", async () => {
  const made = await aConfig("7");
  await putCredentials(database, made, { encrypted: "first", account: mine, replaces: null }, now);
  const existing = (await findConfig(database, made.id))!;
  const other = { encrypted: "other", account: { ...mine, account: "acct_2" }, replaces: null };
  expect(await putCredentials(database, existing, other, now)).toBe(false);
  expect(await putCredentials(database, existing, { ...other, account: null }, now)).toBe(false);
  expect(await findConfig(database, made.id)).toMatchObject({ data: "first", version: 2, ...mine });
  expect(await putCredentials(database, existing, { ...other, account: mine }, now)).toBe(true);
});

it("a config takes the name of the config that was read, both in one commit or neither", async () => {
  const [first, second, third] = [await aConfig("7"), await aConfig("7"), await aConfig("7")];
  const put = (config: StoredConfig, replaces: StoredConfig | null) =>
    putCredentials(database, config, { encrypted: "encrypted", account: null, replaces }, now);
  await put(first, null);
  const live = (await findConfig(database, first.id))!;
  // The config with the name has changed since it was read, so the new one does not get the name.
  expect(await put(second, first)).toBe(false);
  expect(await findConfig(database, second.id)).toMatchObject({ data: "{}", state: "replaced" });
  expect(await put(second, live)).toBe(true);
  expect(await findConfig(database, first.id)).toMatchObject({ state: "replaced", data: "encrypted" });
  expect(await put(third, live)).toBe(false);
  expect(await findConfig(database, second.id)).toMatchObject({ state: "active" });
});

it("an account is stored only with the credentials that it was fetched with", async () => {
  const made = await aConfig("7");
  await putCredentials(database, made, { encrypted: "first", account: null, replaces: null }, now);
  const read = (await findConfig(database, made.id))!;
  expect(await saveConfigAccount(database, { ...read, data: "other" }, mine)).toBe(false);
  expect(await saveConfigAccount(database, { ...read, version: 1 }, mine)).toBe(false);
  expect(await saveConfigAccount(database, read, mine)).toBe(true);
  // Another process has stored the same account at the same time.
  expect(await saveConfigAccount(database, read, mine)).toBe(true);
  expect(await saveConfigAccount(database, read, { ...mine, account: "acct_2" })).toBe(false);
  expect(await findConfig(database, made.id)).toMatchObject(mine);
});

it("a config is enabled and disabled by its merchant only", async () => {
  const made = await aConfig("7");
  const { id } = made;
  // It has no credentials yet, so it cannot become active.
  expect(await setConfigActive(database, { userId: "7", id }, true, now)).toBe(false);
  await putCredentials(database, made, { encrypted: "first", account: null, replaces: null }, now);
  expect(await setConfigActive(database, { userId: "7", id }, false, now)).toBe(true);
  expect(await findConfig(database, id)).toMatchObject({ state: "disabled" });
  expect(await setConfigActive(database, { userId: "7", id }, true, now)).toBe(true);
  expect(await setConfigActive(database, { userId: "8", id }, false, now)).toBe(false);
  expect(await findConfig(database, id)).toMatchObject({ state: "active" });
});

it("an API key is revoked by its merchant only", async () => {
  const keyId = `m7k${randomUUID().slice(0, 8)}`;
  await addApiKey(database, "7", { keyId, hash: Buffer.alloc(32) }, { scopes: ["query"], now, mostLive: 2 });
  expect(await revokeApiKey(database, "8", keyId, now)).toBe(false);
  expect((await listApiKeys(database, "7")).find((key) => key.keyId === keyId)).toMatchObject({
    revokedAt: null,
  });
  expect(await revokeApiKey(database, "7", keyId, now)).toBe(true);
});

it("a merchant is found by its id or its exact username, and an id comes before an equal username", async () => {
  const username = `Shop-${randomUUID().slice(0, 8)}`;
  const userId = await createMerchant(database, username, {}, now);
  const namesake = await createMerchant(database, userId, {}, now);
  expect(await findMerchant(database, userId)).toMatchObject({ userId, username });
  expect(await findMerchant(database, username)).toMatchObject({ userId, username });
  expect(await findMerchant(database, namesake)).toMatchObject({ userId: namesake, username: userId });
  for (const other of [
    `${username} `,
    username.toLowerCase(),
    `${userId}0`,
    `0${userId}`,
    "9".repeat(20),
    "",
  ])
    expect(await findMerchant(database, other)).toBeNull();
});
