import { describe, expect, it } from "vitest";
import type { Reply } from "../../outbound/local-server.ts";
import { credentials, json, openPayPal, paypalServer, refusal } from "./account.ts";

const url = "https://pay.example/api/v1/public/notify/paypal/1";
const webhook = (changes: Record<string, unknown> = {}) => ({
  id: "1AB",
  url,
  event_types: [{ name: "*" }],
  ...changes,
});
const list = (...webhooks: unknown[]) => json({ webhooks });

async function registering(...replies: Reply[]) {
  const server = await paypalServer(...replies);
  const done = openPayPal({ baseUrl: server.url }).register?.(url);
  return { done, calls: server.calls };
}

describe("registering a webhook at PayPal", () => {
  it("makes one when there is none of this URL", async () => {
    const { done, calls } = await registering(
      list(webhook({ url: `${url}0` })),
      json(webhook({ id: "2CD" }), 201),
    );
    expect(await done).toEqual({ webhook_id: "2CD" });
    expect(calls().map(({ method, path }) => `${method} ${path}`)).toEqual([
      "GET /v1/notifications/webhooks",
      "POST /v1/notifications/webhooks",
    ]);
    const wanted = JSON.parse(calls()[1]?.body ?? "");
    expect(wanted.url).toBe(url);
    expect(wanted.event_types).toContainEqual({ name: "CHECKOUT.ORDER.APPROVED" });
    expect(wanted.event_types).toContainEqual({ name: "PAYMENT.CAPTURE.COMPLETED" });
  });

  it("finds the one that it made", async () => {
    const made = await registering(list(), json(webhook(), 201));
    await made.done;
    const { event_types } = JSON.parse(made.calls()[1]?.body ?? "");
    const again = await registering(list(webhook({ event_types })));
    expect(await again.done).toEqual({ webhook_id: "1AB" });
    expect(again.calls()).toHaveLength(1);
  });

  it("finds one that is told everything", async () => {
    expect(await (await registering(list(webhook()))).done).toEqual({ webhook_id: "1AB" });
  });

  it("names the events that an existing one lacks", async () => {
    const { done } = await registering(
      list(webhook({ event_types: [{ name: "PAYMENT.CAPTURE.COMPLETED" }] })),
    );
    await expect(done).rejects.toMatchObject({
      failure: "conflict",
      message: expect.stringContaining("CHECKOUT.ORDER.APPROVED"),
    });
  });

  it("is not asked for twice: PayPal would make two", async () => {
    const { done, calls } = await registering(list(), "reset", json(webhook(), 201));
    await expect(done).rejects.toMatchObject({ failure: "unavailable" });
    expect(calls().map(({ method }) => method)).toEqual(["GET", "POST"]);
  });

  it.each([
    ["no room", refusal(400, "WEBHOOK_NUMBER_LIMIT_EXCEEDED"), "create_not_accepted", "at most 10"],
    [
      "a URL that PayPal does not take",
      refusal(400, "VALIDATION_ERROR"),
      "create_not_accepted",
      "VALIDATION_ERROR",
    ],
    ["wrong credentials", json({ error: "invalid_client" }, 401), "create_not_accepted", "invalid_client"],
    ["500", refusal(500, "X"), "unavailable", "HTTP 500"],
    ["another form", json({}, 201), "unavailable", "not readable"],
  ])("says what is wrong: %s", async (_title, reply, failure, words) => {
    const { done } = await registering(list(), reply);
    await expect(done).rejects.toMatchObject({ failure, message: expect.stringContaining(words) });
  });
});

describe("a probe of PayPal credentials", () => {
  const probed = async (reply: Reply, changes = {}) =>
    openPayPal({ baseUrl: (await paypalServer(reply)).url, ...changes }).probe?.();

  it("finds nothing wrong", async () => {
    expect(await probed(list(webhook({ id: credentials.webhook_id })))).toBeNull();
    expect(await probed(list(), { webhook_id: undefined })).toBeNull();
  });

  it.each([
    ["another app's webhook id", list(webhook()), "webhook_id is none of this app's webhooks"],
    [
      "refused credentials",
      json({ error: "invalid_client" }, 401),
      "PayPal refused the credentials (invalid_client)",
    ],
    ["a failure", refusal(500, "X"), "PayPal answered HTTP 500"],
    ["another form", json([]), "PayPal's list of webhooks is not readable"],
  ])("tells %s", async (_title, reply, words) => {
    expect(await probed(reply)).toBe(words);
  });
});

describe("the account of a PayPal app", () => {
  const learned = async (reply: Reply) => openPayPal({ baseUrl: (await paypalServer(reply)).url }).account();

  it("is asked from PayPal", async () => {
    const server = await paypalServer(json({ user_id: "x", payer_id: "WDJJHEBZ4X2LY" }));
    expect(await openPayPal({ baseUrl: server.url }).account()).toBe("WDJJHEBZ4X2LY");
    expect(server.calls()[0]?.path).toBe("/v1/identity/oauth2/userinfo?schema=paypalv1.1");
  });

  it("is the one in the config when there is one", async () => {
    const adapter = openPayPal({ baseUrl: "http://127.0.0.1:9", merchant_id: "WDJJHEBZ4X2LY" });
    expect(await adapter.account()).toBe("WDJJHEBZ4X2LY");
  });

  it.each([
    ["does not tell it", json({ user_id: "x" }), "create_not_accepted", "add merchant_id"],
    [
      "refuses to tell it",
      json({ error: "insufficient_scope" }, 403),
      "create_not_accepted",
      "add merchant_id",
    ],
    ["fails", refusal(500, "X"), "unavailable", "try again"],
  ])("is asked for in words when PayPal %s", async (_title, reply, failure, words) => {
    await expect(learned(reply)).rejects.toMatchObject({ failure, message: expect.stringContaining(words) });
  });
});
