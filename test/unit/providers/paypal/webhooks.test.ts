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
/** Answer of `GET /v1/notifications/webhooks-event-types`. */
const types = (...names: string[]) => json({ event_types: names.map((name) => ({ name })) });
const official = types(
  "CHECKOUT.ORDER.APPROVED",
  "CHECKOUT.PAYMENT-APPROVAL.REVERSED",
  "PAYMENT.CAPTURE.COMPLETED",
  "PAYMENT.CAPTURE.DENIED",
  "PAYMENT.CAPTURE.REFUNDED",
  "PAYMENT.SALE.COMPLETED",
);

async function registering(...replies: Reply[]) {
  const server = await paypalServer(...replies);
  const done = openPayPal({ baseUrl: server.url }).register?.(url);
  return { done, calls: server.calls };
}

describe("PayPal webhook registration", () => {
  it("registering at PayPal creates a webhook if there is none of this URL", async () => {
    const { done, calls } = await registering(
      list(webhook({ url: `${url}0` })),
      official,
      json(webhook({ id: "2CD" }), 201),
    );
    expect(await done).toEqual({ webhook_id: "2CD" });
    expect(calls().map(({ method, path }) => `${method} ${path}`)).toEqual([
      "GET /v1/notifications/webhooks",
      "GET /v1/notifications/webhooks-event-types",
      "POST /v1/notifications/webhooks",
    ]);
    expect(JSON.parse(calls()[2]?.body ?? "")).toEqual({
      url,
      event_types: [
        { name: "CHECKOUT.ORDER.APPROVED" },
        { name: "CHECKOUT.PAYMENT-APPROVAL.REVERSED" },
        { name: "PAYMENT.CAPTURE.COMPLETED" },
        { name: "PAYMENT.CAPTURE.DENIED" },
        { name: "PAYMENT.CAPTURE.REFUNDED" },
      ],
    });
  });

  // "*" subscribes to all events: paypal/paypal-rest-api-specifications@ec4d8f3 notifications_webhooks_v1.json.
  it.each([
    ["does not list its event types", refusal(500, "INTERNAL_SERVER_ERROR")],
    ["forbids to list its event types", refusal(403, "PERMISSION_DENIED")],
    ["lists event types in another form", json({ events: [] })],
    ["lists no event type that we need", types("PAYMENT.CAPTURE.COMPLETED")],
  ])("a PayPal webhook is registered for all events if PayPal %s", async (_title, reply) => {
    const { done, calls } = await registering(list(), reply, json(webhook({ id: "2CD" }), 201));
    expect(await done).toEqual({ webhook_id: "2CD" });
    expect(JSON.parse(calls()[2]?.body ?? "").event_types).toEqual([{ name: "*" }]);
  });

  it("registering at PayPal again finds the webhook that it created", async () => {
    const made = await registering(list(), official, json(webhook(), 201));
    await made.done;
    const { event_types } = JSON.parse(made.calls()[2]?.body ?? "");
    const again = await registering(list(webhook({ event_types })), official);
    expect(await again.done).toEqual({ webhook_id: "1AB" });
    expect(again.calls().map(({ method }) => method)).toEqual(["GET", "GET"]);
  });

  it("registering at PayPal accepts an existing webhook for all events", async () => {
    expect(await (await registering(list(webhook()))).done).toEqual({ webhook_id: "1AB" });
  });

  it("registering at PayPal names the events that an existing webhook lacks", async () => {
    const { done } = await registering(
      list(webhook({ event_types: [{ name: "PAYMENT.CAPTURE.COMPLETED" }] })),
      official,
    );
    await expect(done).rejects.toMatchObject({
      failure: "conflict",
      message: expect.stringContaining("CHECKOUT.ORDER.APPROVED"),
    });
  });

  it("registering at PayPal does not repeat a create, because PayPal would make a second webhook", async () => {
    const { done, calls } = await registering(list(), official, "reset", json(webhook(), 201));
    await expect(done).rejects.toMatchObject({ failure: "unavailable" });
    expect(calls().map(({ method }) => method)).toEqual(["GET", "GET", "POST"]);
  });

  it.each([
    ["no room", refusal(400, "WEBHOOK_NUMBER_LIMIT_EXCEEDED"), "create_not_accepted", "at most 10"],
    [
      "a URL that PayPal refuses",
      refusal(400, "VALIDATION_ERROR"),
      "create_not_accepted",
      "VALIDATION_ERROR",
    ],
    ["wrong credentials", json({ error: "invalid_client" }, 401), "create_not_accepted", "invalid_client"],
    ["500", refusal(500, "X"), "unavailable", "HTTP 500"],
    ["another form", json({}, 201), "unavailable", "not readable"],
  ])("registering at PayPal says what is wrong: %s", async (_title, reply, failure, words) => {
    const { done } = await registering(list(), official, reply);
    await expect(done).rejects.toMatchObject({ failure, message: expect.stringContaining(words) });
  });
});

describe("PayPal probe", () => {
  const probed = async (reply: Reply, changes = {}) =>
    openPayPal({ baseUrl: (await paypalServer(reply)).url, ...changes }).probe?.();

  it("the PayPal probe passes with good credentials", async () => {
    expect(await probed(list(webhook({ id: credentials.webhook_id })))).toBeNull();
    expect(await probed(list(), { webhook_id: undefined })).toBeNull();
  });

  it.each([
    ["another app's webhook id", list(webhook()), "webhook_id is not one of this app's webhooks"],
    [
      "refused credentials",
      json({ error: "invalid_client" }, 401),
      "PayPal refused the credentials (invalid_client): client_id and secret must be those of one app, and of the config's mode",
    ],
    ["a failure", refusal(500, "X"), "PayPal answered HTTP 500"],
    ["another form", json([]), "PayPal's list of webhooks is not readable"],
  ])("the PayPal probe reports %s", async (_title, reply, words) => {
    expect(await probed(reply)).toBe(words);
  });
});

describe("PayPal account", () => {
  const learned = async (reply: Reply) => openPayPal({ baseUrl: (await paypalServer(reply)).url }).account();

  it("the account of a PayPal app is fetched from PayPal", async () => {
    const server = await paypalServer(json({ user_id: "x", payer_id: "WDJJHEBZ4X2LY" }));
    expect(await openPayPal({ baseUrl: server.url }).account()).toBe("WDJJHEBZ4X2LY");
    expect(server.calls()[0]?.path).toBe("/v1/identity/oauth2/userinfo?schema=paypalv1.1");
  });

  it("the account of a PayPal app is the config's merchant_id if there is one", async () => {
    const adapter = openPayPal({ baseUrl: "http://127.0.0.1:9", merchant_id: "WDJJHEBZ4X2LY" });
    expect(await adapter.account()).toBe("WDJJHEBZ4X2LY");
  });

  it.each([
    ["does not return it", json({ user_id: "x" }), "create_not_accepted", "add merchant_id"],
    [
      "refuses to return it",
      json({ error: "insufficient_scope" }, 403),
      "create_not_accepted",
      "add merchant_id",
    ],
    ["fails", refusal(500, "X"), "unavailable", "try again"],
  ])(
    "the error about a PayPal app's account says what to do if PayPal %s",
    async (_title, reply, failure, words) => {
      await expect(learned(reply)).rejects.toMatchObject({
        failure,
        message: expect.stringContaining(words),
      });
    },
  );
});
