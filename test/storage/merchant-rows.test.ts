import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Database } from "../../lib/storage/database.ts";
import { openDatabase } from "../../lib/storage/database.ts";
import { merchantsIn } from "../../lib/storage/merchants.ts";
import { paymentConfigsIn } from "../../lib/storage/payment-configs.ts";
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

it("credentials are stored over those that were read, and over no others", async () => {
  const configs = paymentConfigsIn(database);
  const read = await aConfig("7");
  expect(await configs.saveCredentials(read, "first", true, now)).toBe(true);
  expect(await configs.saveCredentials(read, "second", true, now)).toBe(false);
  const known = (await configs.byId(read.id))!;
  // Sealed anew: the same version, other bytes.
  expect(await configs.saveCredentials(known, "sealed", false, now)).toBe(true);
  expect(await configs.saveCredentials(known, "sealed later", false, now)).toBe(false);
  expect(await configs.byId(read.id)).toMatchObject({ data: "sealed", version: 2, active: true });
});

it("a config is switched on and off by its merchant only", async () => {
  const { id } = await aConfig("7");
  const { setActive, byId } = paymentConfigsIn(database);
  expect(await setActive("7", id, true, now)).toBe(true);
  expect(await setActive("8", id, false, now)).toBe(false);
  expect(await byId(id)).toMatchObject({ active: true });
});

it("an API key is revoked by its merchant only", async () => {
  const { addKey, revokeKey, keys } = merchantsIn(database);
  const keyId = `m7k${randomUUID().slice(0, 8)}`;
  await addKey("7", { keyId, hash: Buffer.alloc(32) }, ["query"], now, 2);
  expect(await revokeKey("8", keyId, now)).toBe(false);
  expect((await keys("7")).find((key) => key.keyId === keyId)).toMatchObject({ revokedAt: null });
  expect(await revokeKey("7", keyId, now)).toBe(true);
});
