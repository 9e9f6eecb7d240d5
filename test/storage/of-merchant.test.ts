import { randomUUID } from "node:crypto";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Database, openDatabase, transact } from "../../lib/storage/database.ts";
import { acrossMerchants, ofMerchant, type Rows } from "../../lib/storage/of-merchant.ts";
import { testDatabase } from "./connections.ts";

const now = new Date("2026-03-01T08:00:00Z");
let database: Database;
beforeAll(() => {
  database = openDatabase(() => testDatabase());
});
afterAll(() => database.destroy());

/** A merchant with one config of this name, and one delivery attempt of one notification. */
async function merchantWith(configName: string) {
  const { insertId } = await acrossMerchants(database)
    .insertInto("users")
    .values({ username: randomUUID() })
    .executeTakeFirstOrThrow();
  const userId = String(insertId);
  const rows = ofMerchant(database, userId);
  const config = { provider: "stripe", config_name: configName, config_data: "{}" };
  const { insertId: configId } = await rows
    .insertInto("payment_configs")
    .values(config)
    .executeTakeFirstOrThrow();
  const task = { order_id: "1", subject_type: "payment", subject_id: unique(), event: "payment.success" };
  const { insertId: taskId } = await rows
    .insertInto("deliveries")
    .values({ ...task, event_id: randomUUID(), url: "", endpoint: randomUUID(), payload: "", ...dates })
    .executeTakeFirstOrThrow();
  const attempt = { task_id: String(taskId), attempt: 1, try_no: 1, started_at: now };
  await rows.insertInto("delivery_attempts").values(attempt).execute();
  return { userId, rows, configId: String(configId), taskId: String(taskId) };
}

const dates = { due_at: now, created_at: now, updated_at: now };
let lastSubject = Date.now();
const unique = () => String(lastSubject++);

const namesOf = async (userId: string) =>
  (
    await acrossMerchants(database, userId)
      .selectFrom("payment_configs")
      .select("config_name")
      .orderBy("id")
      .execute()
  ).map((row) => row.config_name);

describe("statements of one merchant", () => {
  it("a merchant's statement reads only this merchant's rows, however wide its condition is", async () => {
    const mine = await merchantWith("mine");
    const other = await merchantWith("other");
    const ids = [mine.configId, other.configId];
    const found = (rows: Rows) =>
      rows.selectFrom("payment_configs as c").select("c.user_id").where("c.id", "in", ids);
    const whoseIds = async (query: ReturnType<typeof found>) =>
      (await query.execute()).map((row) => row.user_id);
    expect(await whoseIds(found(mine.rows))).toEqual([mine.userId]);
    expect(await whoseIds(found(mine.rows).where(sql<boolean>`1 = 0 OR 1 = 1`))).toEqual([mine.userId]);
    expect(await whoseIds(found(other.rows))).toEqual([other.userId]);
    expect(await whoseIds(found(acrossMerchants(database)))).toEqual([mine.userId, other.userId]);
    expect(await mine.rows.selectFrom("users").select("id").execute()).toEqual([{ id: mine.userId }]);
  });

  it("a merchant's statement changes and deletes only this merchant's rows, in a transaction too", async () => {
    const mine = await merchantWith("mine");
    const other = await merchantWith("other");
    await transact(database, (trx) =>
      ofMerchant(trx, mine.userId).updateTable("payment_configs").set({ config_name: "new" }).execute(),
    );
    await mine.rows.updateTable("users").set({ username: randomUUID() }).execute();
    expect(await namesOf(mine.userId)).toEqual(["new"]);
    expect(await namesOf(other.userId)).toEqual(["other"]);
    await mine.rows.deleteFrom("payment_configs").execute();
    expect(await namesOf(mine.userId)).toEqual([]);
    expect(await namesOf(other.userId)).toEqual(["other"]);
  });

  it("a merchant's statement joins and counts only this merchant's rows", async () => {
    const mine = await merchantWith("mine");
    const other = await merchantWith("other");
    const tasks = [mine.taskId, other.taskId];
    const attempts = (rows: Rows) =>
      rows.selectFrom("delivery_attempts as a").select("a.user_id").where("a.task_id", "in", tasks);
    // Moves the attempt to the other merchant's delivery, as no code of the gateway does.
    await mine.rows.updateTable("delivery_attempts").set({ task_id: other.taskId, try_no: 2 }).execute();
    expect(await attempts(mine.rows).execute()).toEqual([{ user_id: mine.userId }]);
    const inner = attempts(mine.rows).innerJoin("deliveries as n", "n.id", "a.task_id");
    expect(await inner.execute()).toEqual([]);
    const left = attempts(mine.rows).leftJoin("deliveries as n", "n.id", "a.task_id");
    expect(await left.select("n.id").execute()).toEqual([{ user_id: mine.userId, id: null }]);
    const counted = other.rows
      .selectFrom("deliveries as n")
      .select((eb) =>
        eb
          .selectFrom("delivery_attempts as a")
          .select(eb.fn.countAll<string>().as("count"))
          .whereRef("a.task_id", "=", "n.id")
          .as("attempts"),
      );
    expect(Number((await counted.executeTakeFirstOrThrow()).attempts)).toBe(1);
    const changed = await mine.rows
      .updateTable(["delivery_attempts as a", "deliveries as n"])
      .set("a.answer", "changed")
      .whereRef("n.id", "=", "a.task_id")
      .executeTakeFirstOrThrow();
    expect(changed.numUpdatedRows).toBe(0n);
  });

  it("a merchant's statement writes only this merchant's rows, from values or from a query", async () => {
    const mine = await merchantWith("mine");
    const other = await merchantWith("other");
    await mine.rows
      .insertInto("payment_configs")
      .values([
        { provider: "wechat", config_name: "two", config_data: "{}" },
        { provider: "wechat", config_name: "three", config_data: "{}", version: 2 },
      ])
      .execute();
    expect(await namesOf(mine.userId)).toEqual(["mine", "two", "three"]);
    const copied = (ids: string[]) =>
      mine.rows
        .insertInto("payment_configs")
        .columns(["provider", "config_name", "config_data"])
        .expression((eb) =>
          eb
            .selectFrom("payment_configs")
            .select(["provider", eb.val("copy").as("name"), "config_data"])
            .where("id", "in", ids),
        )
        .execute();
    await copied([mine.configId, other.configId]);
    expect(await namesOf(mine.userId)).toEqual(["mine", "two", "three", "copy"]);
    expect(await namesOf(other.userId)).toEqual(["other"]);
  });

  it("a merchant's statement that cannot be restricted to this merchant is refused", async () => {
    const { rows } = await merchantWith("mine");
    const attempts = rows.selectFrom("delivery_attempts as a").selectAll("a");
    await expect(attempts.rightJoin("deliveries as n", "n.id", "a.task_id").execute()).rejects.toThrow(
      "RightJoin",
    );
    const raw = sql<{ id: string }>`deliveries`.as("n");
    await expect(rows.selectFrom(raw).select("n.id").execute()).rejects.toThrow("RawNode");
  });
});
