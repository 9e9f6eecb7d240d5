import { describe, expect, it } from "vitest";
import { assertNoTransaction, withInvocation } from "../../lib/invocation.ts";
import { isDuplicate, repeating, transact } from "../../lib/storage/database.ts";
import { withDatabases } from "./connections.ts";

const failure = (fields: { errno?: number; code?: string }, message = "no") =>
  Object.assign(new Error(message), fields);
const withTimeLeft = <T>(ms: number, run: () => Promise<T>) =>
  withInvocation({ requestId: "test", remainingMs: () => ms }, run);

/** How often work is done that always fails in this way. */
async function timesTried(error: Error, remainingMs = 60_000): Promise<number> {
  let times = 0;
  const work = async () => {
    times += 1;
    throw error;
  };
  await expect(withTimeLeft(remainingMs, () => repeating(work))).rejects.toBe(error);
  return times;
}

describe("a transaction that fails", () => {
  it.each([
    ["a deadlock", { errno: 1213 }],
    ["a lock that is waited for in vain", { errno: 1205 }],
    ["a server that is read-only by an option", { errno: 1290 }],
    ["a server that is a replica now", { errno: 1836 }],
    ["a lost connection", { code: "PROTOCOL_CONNECTION_LOST" }],
    ["a connection that was reset", { code: "ECONNRESET" }],
    ["a server that is not there", { code: "ECONNREFUSED" }],
    ["a server that says nothing", { code: "PROTOCOL_SEQUENCE_TIMEOUT" }],
  ])("by %s is tried three times in all", async (_what, fields) => {
    expect(await timesTried(failure(fields))).toBe(3);
  });

  it("by a mistake of ours is not tried again", async () => {
    expect(await timesTried(failure({ errno: 1064, code: "ER_PARSE_ERROR_OF_A_TEST" }))).toBe(1);
    expect(await timesTried(failure({ errno: 1062, code: "ER_DUP_ENTRY" }))).toBe(1);
    expect(await timesTried(new Error("anything"))).toBe(1);
  });

  it("is not tried again with the invocation's end at hand", async () => {
    expect(await timesTried(failure({ errno: 1213 }), 4_999)).toBe(1);
  });
});

describe("a transaction", () => {
  it("is not begun with the invocation's end at hand: a frozen one would keep its locks", () =>
    withDatabases(1, async ([database]) => {
      const begin = (ms: number) => withTimeLeft(ms, () => transact(database!, async () => "done"));
      await expect(begin(4_999)).rejects.toMatchObject({ code: "NO_TIME_LEFT" });
      expect(await begin(5_000)).toBe("done");
    }));

  it("lets nothing be called while it is open", () =>
    withDatabases(1, async ([database]) => {
      const work = async () => assertNoTransaction("a call");
      await expect(transact(database!, work)).rejects.toThrow("a call inside a database transaction");
    }));
});

describe("a duplicate", () => {
  it.each([
    ["'7-order-1' for key 'user_order'", true],
    ["'7-order-1' for key 'payment_orders.user_order'", true],
    ["'7-order-1' for key 'order_no'", false],
    ["'user_order' for key 'order_no'", false],
    ["'7-order-1' for key 'another_user_order'", false],
  ])("%s is told by its key: %s", (words, expected) => {
    expect(isDuplicate(failure({ errno: 1062 }, `Duplicate entry ${words}`), "user_order")).toBe(expected);
  });

  it("is no other error that names the key", () => {
    expect(isDuplicate(failure({ errno: 1061 }, "'user_order'"), "user_order")).toBe(false);
  });
});
