import { describe, expect, it } from "vitest";
import { assertNoTransaction, withInvocation } from "../../lib/invocation.ts";
import { isDuplicate, repeating, transact } from "../../lib/storage/database.ts";
import { withDatabases } from "./connections.ts";

const failure = (fields: { errno?: number; code?: string }, message = "no") =>
  Object.assign(new Error(message), fields);
const withTimeLeft = <T>(ms: number, run: () => Promise<T>) =>
  withInvocation({ requestId: "test", remainingMs: () => ms }, run);

/** How often work that always fails with this error is tried. */
async function timesTried(error: Error, remainingMs = 60_000): Promise<number> {
  let times = 0;
  const work = async () => {
    times += 1;
    throw error;
  };
  await expect(withTimeLeft(remainingMs, () => repeating(work))).rejects.toBe(error);
  return times;
}

describe("transactions that fail", () => {
  it.each([
    ["a deadlock", { errno: 1213 }],
    ["a lock wait timeout", { errno: 1205 }],
    ["a server with a read-only option", { errno: 1290 }],
    ["a server that has become a replica", { errno: 1836 }],
    ["a lost connection", { code: "PROTOCOL_CONNECTION_LOST" }],
    ["a reset connection", { code: "ECONNRESET" }],
    ["an unreachable server", { code: "ECONNREFUSED" }],
    ["a silent server", { code: "PROTOCOL_SEQUENCE_TIMEOUT" }],
  ])("a transaction that fails by %s is tried three times in all", async (_what, fields) => {
    expect(await timesTried(failure(fields))).toBe(3);
  });

  it("a transaction that fails by a programming error is not tried again", async () => {
    expect(await timesTried(failure({ errno: 1064, code: "ER_PARSE_ERROR_OF_A_TEST" }))).toBe(1);
    expect(await timesTried(failure({ errno: 1062, code: "ER_DUP_ENTRY" }))).toBe(1);
    expect(await timesTried(new Error("anything"))).toBe(1);
  });

  it("a failed transaction is not tried again when the invocation is about to end", async () => {
    expect(await timesTried(failure({ errno: 1213 }), 4_999)).toBe(1);
  });
});

describe("transactions", () => {
  it("a transaction is not begun when the invocation is about to end: a frozen one would keep its locks", () =>
    withDatabases(1, async ([database]) => {
      const begin = (ms: number) => withTimeLeft(ms, () => transact(database!, async () => "done"));
      await expect(begin(4_999)).rejects.toMatchObject({ code: "NO_TIME_LEFT" });
      expect(await begin(5_000)).toBe("done");
    }));

  it("an outbound call inside an open transaction throws", () =>
    withDatabases(1, async ([database]) => {
      const work = async () => assertNoTransaction("a call");
      await expect(transact(database!, work)).rejects.toThrow("a call inside a database transaction");
    }));
});

describe("duplicate entries", () => {
  it.each([
    ["'7-order-1' for key 'user_order'", true],
    ["'7-order-1' for key 'payment_orders.user_order'", true],
    ["'7-order-1' for key 'order_no'", false],
    ["'user_order' for key 'order_no'", false],
    ["'7-order-1' for key 'another_user_order'", false],
  ])("Duplicate entry %s is one of the key user_order: %s", (words, expected) => {
    expect(isDuplicate(failure({ errno: 1062 }, `Duplicate entry ${words}`), "user_order")).toBe(expected);
  });

  it("another error that names the key is not a duplicate", () => {
    expect(isDuplicate(failure({ errno: 1061 }, "'user_order'"), "user_order")).toBe(false);
  });
});
