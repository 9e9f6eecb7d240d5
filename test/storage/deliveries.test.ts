import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { secondsAfter } from "../../lib/clock.ts";
import type { Claim } from "../../lib/domain/delivery.ts";
import { nextDue } from "../../lib/domain/delivery-schedule.ts";
import type { WakeUp } from "../../lib/domain/wake-up.ts";
import type { Database } from "../../lib/storage/database.ts";
import { claimDelivery } from "../../lib/storage/deliveries/claim-delivery.ts";
import {
  nextDueDelivery,
  takeDueDeliveries,
  unmarkWoken,
} from "../../lib/storage/deliveries/due-deliveries.ts";
import { finishDelivery } from "../../lib/storage/deliveries/finish-delivery.ts";
import { openRows, type Rows } from "../steps/rows.ts";
import { withDatabases } from "./connections.ts";
import { type Seeded, seedNotifications } from "./notification-rows.ts";

let rows: Rows;
beforeAll(async () => {
  rows = await openRows();
});
afterAll(() => rows.close());

const now = new Date("2026-05-06T07:08:09.123Z");
const leaseUntil = secondsAfter(now, 45);

const claimOn = (database: Database, wakeUp: WakeUp, at = now, token: string = randomUUID()) =>
  claimDelivery(database, wakeUp, { leaseToken: token, leaseUntil: secondsAfter(at, 45), now: at });
const taskOf = (claim: Claim) => {
  if (claim.kind !== "claimed") throw new Error(`not claimed but ${claim.kind}`);
  return claim.task;
};
const row = async (wakeUp: WakeUp) =>
  (await rows.query("SELECT * FROM deliveries WHERE id = ?", [wakeUp.taskId]))[0]!;
const sends = (wakeUp: WakeUp) =>
  rows.query("SELECT attempt, try_no, outcome FROM delivery_attempts WHERE task_id = ? ORDER BY id", [
    wakeUp.taskId,
  ]);
const failed = (endedAt: Date) => ({ outcome: "failed", httpStatus: 500, answer: "no", endedAt });
const retry = (due: Date) => ({ status: "pending" as const, attempt: 2, due });

describe("claiming a delivery", () => {
  it("one of twenty simultaneous claims of a delivery succeeds", async () => {
    const { wakeUps } = await seedNotifications(rows, { dueAt: now });
    const claims = await withDatabases(20, (databases) =>
      Promise.all(databases.map((database) => claimOn(database, wakeUps[0]!))),
    );
    const kinds = claims.map(({ kind }) => kind).sort();
    expect(kinds).toEqual(["claimed", ...Array(19).fill("gone")]);
    expect(await sends(wakeUps[0]!)).toEqual([{ attempt: 1, try_no: 1, outcome: null }]);
  });

  it("an endpoint has at most ten claimed deliveries, even if twenty are claimed at once", async () => {
    const slow = await seedNotifications(rows, { count: 20, dueAt: now });
    const other = await seedNotifications(rows, { dueAt: now, userId: slow.userId });
    await withDatabases(21, async (databases) => {
      const wakeUps = [...slow.wakeUps, ...other.wakeUps];
      const claims = await Promise.all(wakeUps.map((wakeUp, index) => claimOn(databases[index]!, wakeUp)));
      const kinds = claims.map(({ kind }) => kind);
      expect(kinds.slice(0, 20).sort()).toEqual([...Array(10).fill("claimed"), ...Array(10).fill("full")]);
      expect(kinds.at(-1)).toBe("claimed");
      const waiting = slow.wakeUps[kinds.indexOf("full")]!;
      expect(await row(waiting)).toMatchObject({ status: "pending", attempt: 1, try_no: 0 });
      // Expired leases do not count.
      expect((await claimOn(databases[0]!, waiting, secondsAfter(now, 46))).kind).toBe("claimed");
    });
  });

  it("a claim more than a second before the due time is too early and returns the due time", async () => {
    const due = secondsAfter(now, 60);
    const { wakeUps } = await seedNotifications(rows, { dueAt: due });
    await withDatabases(1, async ([database]) => {
      expect(await claimOn(database!, wakeUps[0]!, secondsAfter(due, -1.001))).toEqual({
        kind: "early",
        due,
      });
      expect((await claimOn(database!, wakeUps[0]!, secondsAfter(due, -1))).kind).toBe("claimed");
    });
  });

  it("a wake-up of another attempt, generation, merchant or of no delivery claims nothing", async () => {
    const { wakeUps } = await seedNotifications(rows, { dueAt: now });
    const [wakeUp] = wakeUps as [WakeUp];
    await withDatabases(1, async ([database]) => {
      const malformed = {
        attempt: { attempt: 2 },
        generation: { generation: 2 },
        user: { userId: "1" },
        task: { taskId: "0" },
      };
      for (const change of Object.values(malformed)) {
        expect(await claimOn(database!, { ...wakeUp, ...change })).toEqual({ kind: "gone" });
      }
      expect(await row(wakeUp)).toMatchObject({ status: "pending", try_no: 0 });
    });
  });

  it("a delivery whose sender died is claimed again as the same attempt with the next try_no", async () => {
    const { wakeUps } = await seedNotifications(rows, { dueAt: now });
    const [wakeUp] = wakeUps as [WakeUp];
    await withDatabases(2, async ([dead, alive]) => {
      await claimOn(dead!, wakeUp);
      expect(await claimOn(alive!, wakeUp, leaseUntil)).toEqual({ kind: "gone" });
      const again = taskOf(await claimOn(alive!, wakeUp, secondsAfter(leaseUntil, 1)));
      expect(again).toMatchObject({ attempt: 1, tryNo: 2 });
      expect(await sends(wakeUp)).toHaveLength(2);
    });
  });
});

describe("finishing a delivery", () => {
  it("a sender whose lease was taken cannot finish a delivery", async () => {
    const { wakeUps } = await seedNotifications(rows, { dueAt: now });
    const [wakeUp] = wakeUps as [WakeUp];
    await withDatabases(2, async ([slow, quick]) => {
      const stale = taskOf(await claimOn(slow!, wakeUp, now, "stale-token"));
      const later = secondsAfter(leaseUntil, 1);
      const task = taskOf(await claimOn(quick!, wakeUp, later, "quick-token"));
      const success = { outcome: "received", httpStatus: 200, answer: "", endedAt: later };
      expect(
        await finishDelivery(slow!, stale, "stale-token", {
          record: failed(later),
          after: { status: "exhausted" },
        }),
      ).toBe(false);
      expect(await row(wakeUp)).toMatchObject({ status: "sending", attempt: 1 });
      expect(
        await finishDelivery(quick!, task, "quick-token", { record: success, after: { status: "success" } }),
      ).toBe(true);
      expect(
        await finishDelivery(slow!, stale, "stale-token", { record: failed(later), after: retry(later) }),
      ).toBe(false);
      expect(await row(wakeUp)).toMatchObject({ status: "success" });
      expect(await sends(wakeUp)).toMatchObject([{ outcome: null }, { outcome: "received" }]);
    });
  });

  it("a sender may finish its delivery twice, as after a COMMIT whose response was lost", async () => {
    const { wakeUps } = await seedNotifications(rows, { dueAt: now });
    const [wakeUp] = wakeUps as [WakeUp];
    await withDatabases(1, async ([database]) => {
      const task = taskOf(await claimOn(database!, wakeUp, now, "token"));
      const due = secondsAfter(now, 60);
      for (let times = 0; times < 2; times++) {
        expect(
          await finishDelivery(database!, task, "token", { record: failed(now), after: retry(due) }),
        ).toBe(true);
        expect(await row(wakeUp)).toMatchObject({
          status: "pending",
          attempt: 2,
          due_at: due,
          lease_until: null,
        });
      }
    });
  });
});

describe("endpoints that have answered 410", () => {
  async function gone(database: Database, { wakeUps }: Seeded, at: Date) {
    const task = taskOf(await claimOn(database, wakeUps[0]!, at, "gone"));
    const record = { outcome: "gone", httpStatus: 410, answer: "", endedAt: at };
    expect(await finishDelivery(database, task, "gone", { record: record, after: { status: "held" } })).toBe(
      true,
    );
  }

  /** Inserts the generation before this one of its series, with the same event id or another one. */
  const olderGeneration = ({ taskId }: WakeUp, eventId: "event_id" | "UUID()", status: string) =>
    rows.query(
      `INSERT INTO deliveries (user_id, order_id, subject_type, subject_id, event, event_id, url, endpoint, payload,
         status, due_at, created_at, updated_at)
       SELECT user_id, order_id, subject_type, subject_id, event, ${eventId}, url, endpoint, payload, ?,
         due_at, created_at, updated_at FROM deliveries WHERE id = ?`,
      [status, taskId],
    );

  it("after a 410 the due deliveries of the endpoint are held, those of other endpoints are not", async () => {
    const held = await seedNotifications(rows, { count: 3, dueAt: now });
    const other = await seedNotifications(rows, { dueAt: now, userId: held.userId });
    await withDatabases(1, async ([database]) => {
      await gone(database!, held, now);
      const later = secondsAfter(now, 5);
      for (const wakeUp of held.wakeUps.slice(1)) {
        expect(await claimOn(database!, wakeUp, later)).toEqual({ kind: "gone" });
        expect(await row(wakeUp)).toMatchObject({ status: "held", try_no: 0, attempt: 1 });
      }
      expect((await claimOn(database!, other.wakeUps[0]!, later)).kind).toBe("claimed");
    });
  });

  it("after a 410 the delivery of a dead sender is held, too, once its lease has expired", async () => {
    const held = await seedNotifications(rows, { count: 2, dueAt: now });
    await withDatabases(1, async ([database]) => {
      await claimOn(database!, held.wakeUps[1]!);
      await gone(database!, held, now);
      expect(await claimOn(database!, held.wakeUps[1]!, leaseUntil)).toEqual({ kind: "gone" });
      expect(await row(held.wakeUps[1]!)).toMatchObject({ status: "sending" });
      expect(await claimOn(database!, held.wakeUps[1]!, secondsAfter(leaseUntil, 1))).toEqual({
        kind: "gone",
      });
      expect(await row(held.wakeUps[1]!)).toMatchObject({ status: "held" });
    });
  });

  it("after a 410 a new event is held even if it is the next generation of its series", async () => {
    const held = await seedNotifications(rows, { count: 2, dueAt: now });
    await withDatabases(1, async ([database]) => {
      await gone(database!, held, now);
      const next = { ...held.wakeUps[1]!, generation: 2 };
      await rows.query("UPDATE deliveries SET generation = 2 WHERE id = ?", [next.taskId]);
      await olderGeneration(next, "UUID()", "exhausted");
      expect(await claimOn(database!, next, secondsAfter(now, 5))).toEqual({ kind: "gone" });
      expect(await row(next)).toMatchObject({ status: "held", try_no: 0 });
    });
  });

  it("after a 410 an endpoint gets resends, and everything else once it has received one", async () => {
    const held = await seedNotifications(rows, { count: 3, dueAt: now });
    await withDatabases(1, async ([database]) => {
      await gone(database!, held, now);
      const [, resent, next] = held.wakeUps as [WakeUp, WakeUp, WakeUp];
      await rows.query("UPDATE deliveries SET generation = 2 WHERE id = ?", [resent.taskId]);
      await olderGeneration(resent, "event_id", "superseded");
      const later = secondsAfter(now, 5);
      const task = taskOf(await claimOn(database!, { ...resent, generation: 2 }, later, "resend"));
      const record = { outcome: "received", httpStatus: 200, answer: "", endedAt: secondsAfter(later, 1) };
      await finishDelivery(database!, task, "resend", { record: record, after: { status: "success" } });
      // This stays so when another resend supersedes the received one.
      await rows.query("UPDATE deliveries SET status = 'superseded' WHERE id = ?", [resent.taskId]);
      expect((await claimOn(database!, next, secondsAfter(later, 2))).kind).toBe("claimed");
    });
  });
});

describe("the next delivery of an endpoint", () => {
  it("each free slot of an endpoint goes to a different due delivery, and to none that is not due", async () => {
    const { wakeUps, endpoint } = await seedNotifications(rows, { count: 3, dueAt: now });
    await rows.query("UPDATE deliveries SET due_at = ? WHERE id = ?", [
      secondsAfter(now, 5),
      wakeUps[2]!.taskId,
    ]);
    await withDatabases(5, async (databases) => {
      const next = await Promise.all(databases.map((database) => nextDueDelivery(database, endpoint, now)));
      const taskIds = next.filter((wakeUp) => wakeUp !== null).map(({ taskId }) => taskId);
      expect(taskIds.sort()).toEqual([wakeUps[0]!.taskId, wakeUps[1]!.taskId].sort());
      expect(await nextDueDelivery(databases[0]!, endpoint, now)).toBeNull();
      // A wake-up that led to no claim within a minute counts as lost.
      const minuteLater = await nextDueDelivery(databases[0]!, endpoint, secondsAfter(now, 60));
      expect(taskIds).toContain(minuteLater?.taskId);
    });
  });
});

describe("sweeping deliveries", () => {
  const limits = { total: 500, perEndpoint: 20, wokenBefore: secondsAfter(now, -60) };
  beforeAll(() => rows.query("DELETE FROM deliveries"));

  it("simultaneous sweeps take each due delivery once, at most 20 of an endpoint in a pass", async () => {
    const many = await seedNotifications(rows, { count: 50, dueAt: now });
    const few = await seedNotifications(rows, { count: 5, dueAt: secondsAfter(now, -1) });
    await seedNotifications(rows, { count: 2, dueAt: secondsAfter(now, 1) });
    const passes = await withDatabases(5, async (databases) => {
      const taken: WakeUp[][] = [];
      for (let pass = 0; pass < 4; pass++) {
        taken.push(
          ...(await Promise.all(databases.map((database) => takeDueDeliveries(database, now, limits)))),
        );
      }
      return taken;
    });
    const expected = [...many.wakeUps, ...few.wakeUps].map(({ taskId }) => taskId);
    expect(
      passes
        .flat()
        .map(({ taskId }) => taskId)
        .sort(),
    ).toEqual(expected.sort());
    const ofMany = new Set(many.wakeUps.map(({ taskId }) => taskId));
    for (const pass of passes) {
      expect(pass.filter(({ taskId }) => ofMany.has(taskId)).length).toBeLessThanOrEqual(20);
    }
  });

  it("a sweep reaches an endpoint behind one with more due deliveries than a pass takes", async () => {
    await rows.query("DELETE FROM deliveries");
    await seedNotifications(rows, { count: 1_000, dueAt: secondsAfter(now, -600) });
    const other = await seedNotifications(rows, { dueAt: now });
    const [first] = await withDatabases(1, ([database]) =>
      Promise.all([takeDueDeliveries(database!, now, limits)]),
    );
    expect(first).toContainEqual(other.wakeUps[0]);
    expect(first).toHaveLength(21);
  });

  it("a sweep takes deliveries of dead senders, of wake-ups lost for a minute and unmarked ones", async () => {
    await rows.query("DELETE FROM deliveries");
    const { wakeUps } = await seedNotifications(rows, { count: 2, dueAt: now });
    const [first, second] = wakeUps as [WakeUp, WakeUp];
    await withDatabases(1, async ([database]) => {
      await claimOn(database!, first);
      expect(await takeDueDeliveries(database!, now, limits)).toEqual([second]);
      expect(await takeDueDeliveries(database!, now, limits)).toEqual([]);
      await unmarkWoken(database!, [second]);
      expect(await takeDueDeliveries(database!, now, limits)).toEqual([second]);
      const later = secondsAfter(leaseUntil, 16);
      const taken = await takeDueDeliveries(database!, later, {
        ...limits,
        wokenBefore: secondsAfter(later, -60),
      });
      expect(taken.map(({ taskId }) => taskId).sort()).toEqual([first.taskId, second.taskId].sort());
    });
  });
});

describe("deliveries whose senders die", () => {
  it.each([1, 5, 6])(
    "attempt %i of a delivery is given up after three dead senders; the next attempt follows or the series ends",
    async (attempt) => {
      const { wakeUps } = await seedNotifications(rows, { dueAt: now });
      const wakeUp = { ...wakeUps[0]!, attempt };
      await rows.query("UPDATE deliveries SET attempt = ? WHERE id = ?", [attempt, wakeUp.taskId]);
      await withDatabases(1, async ([database]) => {
        for (let send = 0; send < 3; send++) {
          expect(await claimOn(database!, wakeUp, secondsAfter(now, send * 46))).toMatchObject({
            kind: "claimed",
          });
        }
        const at = secondsAfter(now, 3 * 46);
        const exhausted = attempt === 6;
        expect(await claimOn(database!, wakeUp, at)).toEqual({ kind: "abandoned", exhausted });
        expect(await row(wakeUp)).toMatchObject(
          exhausted
            ? { status: "exhausted", attempt, try_no: 3 }
            : { status: "pending", attempt: attempt + 1, try_no: 0, due_at: nextDue(attempt, at) },
        );
        const outcomes = (await sends(wakeUp)).map(({ outcome }) => outcome);
        expect(outcomes).toEqual([null, null, "failed"]);
        // The same wake-up again is for an attempt that has ended.
        expect((await claimOn(database!, wakeUp, at)).kind).toBe("gone");
      });
    },
  );

  it("an attempt of a delivery is not given up while its third sender may still record a response", async () => {
    const { wakeUps } = await seedNotifications(rows, { dueAt: now });
    await withDatabases(1, async ([database]) => {
      for (let send = 0; send < 3; send++)
        await claimOn(database!, wakeUps[0]!, secondsAfter(now, send * 46));
      const claim = await claimOn(database!, wakeUps[0]!, secondsAfter(now, 2 * 46 + 30));
      expect(claim.kind).toBe("gone");
      expect(await row(wakeUps[0]!)).toMatchObject({ status: "sending", attempt: 1, try_no: 3 });
    });
  });
});
