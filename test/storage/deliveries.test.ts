import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { secondsAfter } from "../../lib/clock.ts";
import type { Claim } from "../../lib/notify/ports.ts";
import { nextDue } from "../../lib/notify/schedule.ts";
import type { Hint } from "../../lib/payment/ports.ts";
import type { Database } from "../../lib/storage/database.ts";
import { deliveriesIn } from "../../lib/storage/deliveries.ts";
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

const claimOn = (database: Database, hint: Hint, at = now, token: string = randomUUID()) =>
  deliveriesIn(database).claim(hint, token, secondsAfter(at, 45), at);
const taskOf = (claim: Claim) => {
  if (claim.kind !== "claimed") throw new Error(`not claimed but ${claim.kind}`);
  return claim.task;
};
const row = async (hint: Hint) =>
  (await rows.query("SELECT * FROM notify_queue WHERE id = ?", [hint.taskId]))[0]!;
const sends = (hint: Hint) =>
  rows.query("SELECT attempt, send_no, outcome FROM notify_attempts WHERE task_id = ? ORDER BY id", [
    hint.taskId,
  ]);
const failed = (endedAt: Date) => ({ outcome: "failed", httpStatus: 500, answer: "no", endedAt });
const retry = (due: Date) => ({ status: "pending" as const, attempt: 2, due });

describe("claiming a delivery", () => {
  it("lets one of twenty send who come at once on connections of their own", async () => {
    const { hints } = await seedNotifications(rows, { dueAt: now });
    const claims = await withDatabases(20, (databases) =>
      Promise.all(databases.map((database) => claimOn(database, hints[0]!))),
    );
    const kinds = claims.map(({ kind }) => kind).sort();
    expect(kinds).toEqual(["claimed", ...Array(19).fill("gone")]);
    expect(await sends(hints[0]!)).toEqual([{ attempt: 1, send_no: 1, outcome: null }]);
  });

  it("keeps the eleventh of one endpoint back, also when twenty come at once, and another endpoint's not", async () => {
    const slow = await seedNotifications(rows, { count: 20, dueAt: now });
    const other = await seedNotifications(rows, { dueAt: now, userId: slow.userId });
    await withDatabases(21, async (databases) => {
      const hints = [...slow.hints, ...other.hints];
      const claims = await Promise.all(hints.map((hint, index) => claimOn(databases[index]!, hint)));
      const kinds = claims.map(({ kind }) => kind);
      expect(kinds.slice(0, 20).sort()).toEqual([...Array(10).fill("claimed"), ...Array(10).fill("full")]);
      expect(kinds.at(-1)).toBe("claimed");
      const waiting = slow.hints[kinds.indexOf("full")]!;
      expect(await row(waiting)).toMatchObject({ status: "pending", attempt: 1, send_no: 0 });
      // Leases that have run out hold no place.
      expect((await claimOn(databases[0]!, waiting, secondsAfter(now, 46))).kind).toBe("claimed");
    });
  });

  it("is too early more than a second before the time, and says when to come", async () => {
    const due = secondsAfter(now, 60);
    const { hints } = await seedNotifications(rows, { dueAt: due });
    await withDatabases(1, async ([database]) => {
      expect(await claimOn(database!, hints[0]!, secondsAfter(due, -1.001))).toEqual({ kind: "early", due });
      expect((await claimOn(database!, hints[0]!, secondsAfter(due, -1))).kind).toBe("claimed");
    });
  });

  it("ignores hints of another attempt, generation or merchant and of nothing", async () => {
    const { hints } = await seedNotifications(rows, { dueAt: now });
    const [hint] = hints as [Hint];
    await withDatabases(1, async ([database]) => {
      const strange = {
        attempt: { attempt: 2 },
        generation: { generation: 2 },
        user: { userId: "1" },
        task: { taskId: "0" },
      };
      for (const change of Object.values(strange)) {
        expect(await claimOn(database!, { ...hint, ...change })).toEqual({ kind: "gone" });
      }
      expect(await row(hint)).toMatchObject({ status: "pending", send_no: 0 });
    });
  });

  it("after the sender's death sends the same attempt again, under the next number", async () => {
    const { hints } = await seedNotifications(rows, { dueAt: now });
    const [hint] = hints as [Hint];
    await withDatabases(2, async ([dead, alive]) => {
      await claimOn(dead!, hint);
      expect(await claimOn(alive!, hint, leaseUntil)).toEqual({ kind: "gone" });
      const again = taskOf(await claimOn(alive!, hint, secondsAfter(leaseUntil, 1)));
      expect(again).toMatchObject({ attempt: 1, sendNo: 2 });
      expect(await sends(hint)).toHaveLength(2);
    });
  });
});

describe("finishing a delivery", () => {
  it("is refused to an owner whose lease somebody else has taken since", async () => {
    const { hints } = await seedNotifications(rows, { dueAt: now });
    const [hint] = hints as [Hint];
    await withDatabases(2, async ([slow, quick]) => {
      const stale = taskOf(await claimOn(slow!, hint, now, "stale-token"));
      const later = secondsAfter(leaseUntil, 1);
      const task = taskOf(await claimOn(quick!, hint, later, "quick-token"));
      const success = { outcome: "received", httpStatus: 200, answer: "", endedAt: later };
      expect(
        await deliveriesIn(slow!).finish(stale, "stale-token", failed(later), { status: "exhausted" }),
      ).toBe(false);
      expect(await row(hint)).toMatchObject({ status: "sending", attempt: 1 });
      expect(await deliveriesIn(quick!).finish(task, "quick-token", success, { status: "success" })).toBe(
        true,
      );
      expect(await deliveriesIn(slow!).finish(stale, "stale-token", failed(later), retry(later))).toBe(false);
      expect(await row(hint)).toMatchObject({ status: "success" });
      expect(await sends(hint)).toMatchObject([{ outcome: null }, { outcome: "received" }]);
    });
  });

  it("may be repeated by its owner, as after a COMMIT that nobody answered", async () => {
    const { hints } = await seedNotifications(rows, { dueAt: now });
    const [hint] = hints as [Hint];
    await withDatabases(1, async ([database]) => {
      const deliveries = deliveriesIn(database!);
      const task = taskOf(await claimOn(database!, hint, now, "token"));
      const due = secondsAfter(now, 60);
      for (let times = 0; times < 2; times++) {
        expect(await deliveries.finish(task, "token", failed(now), retry(due))).toBe(true);
        expect(await row(hint)).toMatchObject({
          status: "pending",
          attempt: 2,
          due_at: due,
          lease_until: null,
        });
      }
    });
  });
});

describe("an endpoint that has answered 410", () => {
  async function gone(database: Database, { hints }: Seeded, at: Date) {
    const task = taskOf(await claimOn(database, hints[0]!, at, "gone"));
    const record = { outcome: "gone", httpStatus: 410, answer: "", endedAt: at };
    expect(await deliveriesIn(database).finish(task, "gone", record, { status: "held" })).toBe(true);
  }

  /** The generation before this one in its series, of the same event or of another. */
  const olderGeneration = ({ taskId }: Hint, eventId: "event_id" | "UUID()", status: string) =>
    rows.query(
      `INSERT INTO notify_queue (user_id, order_id, subject_type, subject_id, event, event_id, url, endpoint, payload,
         status, due_at, created_at, updated_at)
       SELECT user_id, order_id, subject_type, subject_id, event, ${eventId}, url, endpoint, payload, ?,
         due_at, created_at, updated_at FROM notify_queue WHERE id = ?`,
      [status, taskId],
    );

  it("is sent nothing more: what is due is held with it, other endpoints go on", async () => {
    const held = await seedNotifications(rows, { count: 3, dueAt: now });
    const other = await seedNotifications(rows, { dueAt: now, userId: held.userId });
    await withDatabases(1, async ([database]) => {
      await gone(database!, held, now);
      const later = secondsAfter(now, 5);
      for (const hint of held.hints.slice(1)) {
        expect(await claimOn(database!, hint, later)).toEqual({ kind: "gone" });
        expect(await row(hint)).toMatchObject({ status: "held", send_no: 0, attempt: 1 });
      }
      expect((await claimOn(database!, other.hints[0]!, later)).kind).toBe("claimed");
    });
  });

  it("holds what a dead sender left, too", async () => {
    const held = await seedNotifications(rows, { count: 2, dueAt: now });
    await withDatabases(1, async ([database]) => {
      await claimOn(database!, held.hints[1]!);
      await gone(database!, held, now);
      expect(await claimOn(database!, held.hints[1]!, leaseUntil)).toEqual({ kind: "gone" });
      expect(await row(held.hints[1]!)).toMatchObject({ status: "sending" });
      expect(await claimOn(database!, held.hints[1]!, secondsAfter(leaseUntil, 1))).toEqual({ kind: "gone" });
      expect(await row(held.hints[1]!)).toMatchObject({ status: "held" });
    });
  });

  it("is not sent a fact that is the next generation of its series: only a resend goes there", async () => {
    const held = await seedNotifications(rows, { count: 2, dueAt: now });
    await withDatabases(1, async ([database]) => {
      await gone(database!, held, now);
      const next = { ...held.hints[1]!, generation: 2 };
      await rows.query("UPDATE notify_queue SET generation = 2 WHERE id = ?", [next.taskId]);
      await olderGeneration(next, "UUID()", "exhausted");
      expect(await claimOn(database!, next, secondsAfter(now, 5))).toEqual({ kind: "gone" });
      expect(await row(next)).toMatchObject({ status: "held", send_no: 0 });
    });
  });

  it("is sent a resend, and everything again once it has taken one", async () => {
    const held = await seedNotifications(rows, { count: 3, dueAt: now });
    await withDatabases(1, async ([database]) => {
      await gone(database!, held, now);
      const [, resent, next] = held.hints as [Hint, Hint, Hint];
      await rows.query("UPDATE notify_queue SET generation = 2 WHERE id = ?", [resent.taskId]);
      await olderGeneration(resent, "event_id", "superseded");
      const later = secondsAfter(now, 5);
      const task = taskOf(await claimOn(database!, { ...resent, generation: 2 }, later, "resend"));
      const record = { outcome: "received", httpStatus: 200, answer: "", endedAt: secondsAfter(later, 1) };
      await deliveriesIn(database!).finish(task, "resend", record, { status: "success" });
      // Nor does a further resend of what it took take that back.
      await rows.query("UPDATE notify_queue SET status = 'superseded' WHERE id = ?", [resent.taskId]);
      expect((await claimOn(database!, next, secondsAfter(later, 2))).kind).toBe("claimed");
    });
  });
});

describe("a place that becomes free", () => {
  it("goes to the next due row, to another one for each place, and to none that is not due", async () => {
    const { hints, endpoint } = await seedNotifications(rows, { count: 3, dueAt: now });
    await rows.query("UPDATE notify_queue SET due_at = ? WHERE id = ?", [
      secondsAfter(now, 5),
      hints[2]!.taskId,
    ]);
    await withDatabases(5, async (databases) => {
      const next = await Promise.all(
        databases.map((database) => deliveriesIn(database).nextDue(endpoint, now)),
      );
      const given = next.filter((hint) => hint !== null).map(({ taskId }) => taskId);
      expect(given.sort()).toEqual([hints[0]!.taskId, hints[1]!.taskId].sort());
      expect(await deliveriesIn(databases[0]!).nextDue(endpoint, now)).toBeNull();
      // A hint that was not followed for a minute counts as lost.
      const minuteLater = await deliveriesIn(databases[0]!).nextDue(endpoint, secondsAfter(now, 60));
      expect(given).toContain(minuteLater?.taskId);
    });
  });
});

describe("sweeping", () => {
  const limits = { total: 500, perEndpoint: 20, hintedBefore: secondsAfter(now, -60) };
  beforeAll(() => rows.query("DELETE FROM notify_queue"));

  it("takes each due row once, whoever sweeps, at most 20 of an endpoint in a pass", async () => {
    const many = await seedNotifications(rows, { count: 50, dueAt: now });
    const few = await seedNotifications(rows, { count: 5, dueAt: secondsAfter(now, -1) });
    await seedNotifications(rows, { count: 2, dueAt: secondsAfter(now, 1) });
    const passes = await withDatabases(5, async (databases) => {
      const taken: Hint[][] = [];
      for (let pass = 0; pass < 4; pass++) {
        taken.push(
          ...(await Promise.all(databases.map((database) => deliveriesIn(database).takeDue(now, limits)))),
        );
      }
      return taken;
    });
    const expected = [...many.hints, ...few.hints].map(({ taskId }) => taskId);
    expect(
      passes
        .flat()
        .map(({ taskId }) => taskId)
        .sort(),
    ).toEqual(expected.sort());
    const ofMany = new Set(many.hints.map(({ taskId }) => taskId));
    for (const pass of passes) {
      expect(pass.filter(({ taskId }) => ofMany.has(taskId)).length).toBeLessThanOrEqual(20);
    }
  });

  it("reaches an endpoint behind one with more due rows than all passes take", async () => {
    await rows.query("DELETE FROM notify_queue");
    await seedNotifications(rows, { count: 1_000, dueAt: secondsAfter(now, -600) });
    const other = await seedNotifications(rows, { dueAt: now });
    const [first] = await withDatabases(1, ([database]) =>
      Promise.all([deliveriesIn(database!).takeDue(now, limits)]),
    );
    expect(first).toContainEqual(other.hints[0]);
    expect(first).toHaveLength(21);
  });

  it("takes what a dead sender left, what a lost hint left a minute ago, and takes a mark back", async () => {
    await rows.query("DELETE FROM notify_queue");
    const { hints } = await seedNotifications(rows, { count: 2, dueAt: now });
    const [first, second] = hints as [Hint, Hint];
    await withDatabases(1, async ([database]) => {
      const deliveries = deliveriesIn(database!);
      await claimOn(database!, first);
      expect(await deliveries.takeDue(now, limits)).toEqual([second]);
      expect(await deliveries.takeDue(now, limits)).toEqual([]);
      await deliveries.unmark([second]);
      expect(await deliveries.takeDue(now, limits)).toEqual([second]);
      const later = secondsAfter(leaseUntil, 16);
      const taken = await deliveries.takeDue(later, { ...limits, hintedBefore: secondsAfter(later, -60) });
      expect(taken.map(({ taskId }) => taskId).sort()).toEqual([first.taskId, second.taskId].sort());
    });
  });
});

describe("a notification on which its senders die", () => {
  it.each([1, 5, 6])(
    "is given up for attempt %i after three sends, and goes on with the next or ends",
    async (attempt) => {
      const { hints } = await seedNotifications(rows, { dueAt: now });
      const hint = { ...hints[0]!, attempt };
      await rows.query("UPDATE notify_queue SET attempt = ? WHERE id = ?", [attempt, hint.taskId]);
      await withDatabases(1, async ([database]) => {
        for (let send = 0; send < 3; send++) {
          expect(await claimOn(database!, hint, secondsAfter(now, send * 46))).toMatchObject({
            kind: "claimed",
          });
        }
        const at = secondsAfter(now, 3 * 46);
        const exhausted = attempt === 6;
        expect(await claimOn(database!, hint, at)).toEqual({ kind: "abandoned", exhausted });
        expect(await row(hint)).toMatchObject(
          exhausted
            ? { status: "exhausted", attempt, send_no: 3 }
            : { status: "pending", attempt: attempt + 1, send_no: 0, due_at: nextDue(attempt, at) },
        );
        const outcomes = (await sends(hint)).map(({ outcome }) => outcome);
        expect(outcomes).toEqual([null, null, "failed"]);
        // Told once more, it is another attempt's.
        expect((await claimOn(database!, hint, at)).kind).toBe("gone");
      });
    },
  );

  it("is not given up while its third sender may still record an answer", async () => {
    const { hints } = await seedNotifications(rows, { dueAt: now });
    await withDatabases(1, async ([database]) => {
      for (let send = 0; send < 3; send++) await claimOn(database!, hints[0]!, secondsAfter(now, send * 46));
      const claim = await claimOn(database!, hints[0]!, secondsAfter(now, 2 * 46 + 30));
      expect(claim.kind).toBe("gone");
      expect(await row(hints[0]!)).toMatchObject({ status: "sending", attempt: 1, send_no: 3 });
    });
  });
});
