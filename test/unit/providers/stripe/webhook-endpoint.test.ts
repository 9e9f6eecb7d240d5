import { describe, expect, it } from "vitest";
import { localServer, type Reply } from "../../outbound/local-server.ts";
import { everythingOf } from "../payments.ts";
import { json, openStripe, page, refusal, secretKey, webhookSecret } from "./account.ts";

const url = "https://pay.example/api/v1/public/notify/stripe/7";
const events = [
  "checkout.session.completed",
  "checkout.session.async_payment_succeeded",
  "checkout.session.async_payment_failed",
  "checkout.session.expired",
  "refund.created",
  "refund.updated",
  "refund.failed",
  "charge.dispute.created",
  "charge.dispute.closed",
];
const endpoint = (changes: Record<string, unknown> = {}) => ({
  id: "we_1",
  object: "webhook_endpoint",
  url,
  status: "enabled",
  enabled_events: events,
  ...changes,
});
const elsewhere = endpoint({ id: "we_0", url: "https://other.example/hook" });
const created = json(endpoint({ id: "we_2", secret: "whsec_new" }));
const deleted = json({ id: "we_1", object: "webhook_endpoint", deleted: true });

async function registering(secrets: string[], ...replies: Reply[]) {
  const server = await localServer((_call, count) => replies[count - 1] ?? "reset");
  const credentials = secrets.length > 0 ? { webhook_secret: secrets } : {};
  const adapter = openStripe({ baseUrl: server.url, webhook_secret: undefined, ...credentials });
  const outcome = await adapter.register?.(url).catch((error: unknown) => error);
  return {
    outcome,
    calls: server.calls,
    requested: server.calls.map(({ method, path }) => `${method} ${path}`),
  };
}
const firstPage = "GET /v1/webhook_endpoints?limit=100";

describe("Stripe webhook registration", () => {
  it("registering at Stripe creates an endpoint with our events and API version, and returns its secret", async () => {
    const { outcome, calls, requested } = await registering([], json(page([elsewhere])), created);
    expect(outcome).toEqual({ webhook_secret: ["whsec_new"] });
    expect(requested).toEqual([firstPage, "POST /v1/webhook_endpoints"]);
    expect([...new URLSearchParams(calls[1]?.body)]).toEqual([
      ["url", url],
      ...events.map((event, index) => [`enabled_events[${index}]`, event]),
      ["api_version", "2026-10-28.endive"],
    ]);
  });

  it("registering at Stripe replaces an endpoint whose secret we lack, after creating the new one", async () => {
    const { outcome, requested } = await registering(
      [],
      json(page([elsewhere], true)),
      json(page([endpoint()])),
      created,
      deleted,
    );
    expect(outcome).toEqual({ webhook_secret: ["whsec_new"] });
    expect(requested).toEqual([
      firstPage,
      `${firstPage}&starting_after=we_0`,
      "POST /v1/webhook_endpoints",
      "DELETE /v1/webhook_endpoints/we_1",
    ]);
  });

  it("registering at Stripe keeps a correct endpoint whose secret we have", async () => {
    for (const right of [endpoint(), endpoint({ enabled_events: ["*"] })]) {
      const { outcome, requested } = await registering([webhookSecret], json(page([right])));
      expect(outcome).toEqual({ webhook_secret: [webhookSecret] });
      expect(requested).toEqual([firstPage]);
    }
  });

  it.each([
    [
      "lacks an event",
      { enabled_events: ["customer.created", ...events.slice(1)] },
      [...events, "customer.created"],
    ],
    ["is disabled", { status: "disabled" }, []],
  ])(
    "registering at Stripe corrects an endpoint that %s, and keeps its secret",
    async (_title, changes, sent) => {
      const { outcome, calls, requested } = await registering(
        [webhookSecret],
        json(page([endpoint(changes)])),
        json(endpoint()),
      );
      expect(outcome).toEqual({ webhook_secret: [webhookSecret] });
      expect(requested).toEqual([firstPage, "POST /v1/webhook_endpoints/we_1"]);
      const form = [...new URLSearchParams(calls[1]?.body)];
      expect(form.find(([name]) => name === "disabled")).toEqual(["disabled", "false"]);
      expect(form.filter(([name]) => name.startsWith("enabled_events")).map(([, event]) => event)).toEqual(
        sent,
      );
    },
  );

  it("registering at Stripe replaces several endpoints by one, because our secret could belong to any", async () => {
    const both = json(page([endpoint(), endpoint({ id: "we_3" })]));
    const { outcome, requested } = await registering([webhookSecret], both, created, deleted, deleted);
    expect(outcome).toEqual({ webhook_secret: ["whsec_new"] });
    expect(requested.slice(2)).toEqual([
      "DELETE /v1/webhook_endpoints/we_1",
      "DELETE /v1/webhook_endpoints/we_3",
    ]);
  });

  it.each([
    ["is gone already", refusal(404, { code: "resource_missing", message: "no" })],
    ["cannot be deleted", refusal(403, { message: "no" })],
    ["may still be there", "reset" as const],
  ])("registering at Stripe returns the new secret even if the old endpoint %s", async (_title, reply) => {
    const { outcome } = await registering([], json(page([endpoint()])), created, reply);
    expect(outcome).toEqual({ webhook_secret: ["whsec_new"] });
  });

  const none = json(page([]));
  it.each([
    ["a wrong key", [refusal(401, { message: `Invalid API Key: ${secretKey}` })], "config_not_found", /list/],
    [
      "a key without permission",
      [none, refusal(403, { code: "x", message: "no" })],
      "config_not_found",
      /create.*write Webhook Endpoints/,
    ],
    [
      "a URL that Stripe refuses",
      [none, refusal(400, { code: "url_invalid", message: "Invalid URL" })],
      "config_not_found",
      /url_invalid: Invalid URL/,
    ],
    ["a failure of Stripe", [refusal(500, { message: "oops" })], "unavailable", /unknown.*list.*try again/],
    ["an unreadable list", [json({ data: [{}] })], "unavailable", /not readable/],
    ["a creation without an answer", [none, "reset"], "unavailable", /unknown.*create/],
    ["a creation without a secret", [none, json(endpoint())], "unavailable", /not readable/],
    [
      "a list without an end",
      Array.from({ length: 10 }, () => json(page([elsewhere], true))),
      "config_not_found",
      /too many/,
    ],
  ] satisfies [string, Reply[], string, RegExp][])(
    "registering at Stripe says what is wrong: %s",
    async (_title, replies, failure, message) => {
      const { outcome } = await registering([], ...replies);
      expect(outcome).toMatchObject({ failure, message: expect.stringMatching(message) });
      expect(everythingOf(outcome)).not.toContain("canary");
    },
  );

  it("registering at Stripe reports a refused change", async () => {
    const wrong = json(page([endpoint({ status: "disabled" })]));
    const { outcome } = await registering([webhookSecret], wrong, refusal(403, { message: "no" }));
    expect(outcome).toMatchObject({ failure: "config_not_found", message: expect.stringMatching(/change/) });
  });
});
