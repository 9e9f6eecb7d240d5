import { describe, expect, it } from "vitest";
import { localServer, type Reply } from "../../outbound/local-server.ts";
import { json, openStripe, refusal, secretKey } from "./account.ts";

describe("Stripe account", () => {
  const account = async (reply: Reply) =>
    openStripe({ baseUrl: (await localServer(() => reply)).url }).account();

  it("the account of a Stripe key is the id that Stripe returns", async () => {
    expect(await account(json({ id: "acct_1", object: "account" }))).toBe("acct_1");
  });

  it.each([
    [
      "create_not_accepted",
      refusal(401, { type: "invalid_request_error", message: `Invalid: ${secretKey}` }),
    ],
    ["unavailable", refusal(500, { type: "api_error", message: "oops" })],
    ["unavailable", json({ id: "x" })],
    ["unavailable", "reset" as const],
  ])("the account of a Stripe key throws %s if Stripe does not return it (%#)", async (failure, reply) => {
    const error = await account(reply).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ failure });
    expect(JSON.stringify(error)).not.toContain("canary");
  });
});

describe("Stripe probe", () => {
  const probed = async (reply: Reply, secret_key = secretKey) =>
    openStripe({ baseUrl: (await localServer(() => reply)).url, secret_key }).probe?.();
  const ready = json({ id: "acct_1", object: "account", charges_enabled: true });
  const notActivated = json({ id: "acct_1", object: "account", charges_enabled: false });

  it("the Stripe probe fetches the key's account", async () => {
    const server = await localServer(() => ready);
    expect(await openStripe({ baseUrl: server.url }).probe?.()).toBeNull();
    expect(server.calls).toMatchObject([
      { method: "GET", path: "/v1/account", headers: { authorization: `Bearer ${secretKey}` } },
    ]);
  });

  it.each([
    [
      "a wrong key",
      refusal(401, { message: `Invalid API Key provided: ${secretKey}` }),
      /does not know the test secret_key/,
    ],
    ["a key without permission", refusal(403, { message: `The key ${secretKey} may not` }), /permission/],
    ["a rate limit", refusal(429, { code: "rate_limit", message: "slow down" }), /rate_limit: slow down/],
    ["a failure of Stripe", refusal(500, { message: "oops" }), /could not be tried.*500/],
    ["an answer that is not an account", json({ id: "x" }), /could not be tried.*not an account/],
    ["HTML", { body: "<html>" }, /could not be tried/],
    ["no answer", "reset", /could not be tried/],
  ] satisfies [string, Reply, RegExp][])(
    "the Stripe probe says what is wrong: %s",
    async (_title, reply, words) => {
      const said = await probed(reply);
      expect(said).toMatch(words);
      expect(said).not.toContain("canary");
    },
  );

  it("the Stripe probe names the mode, and requires an activated account only in live mode", async () => {
    const live = "sk_live_canaryKey123";
    expect(await probed(refusal(401, { message: "no" }), live)).toMatch(/the live secret_key/);
    expect(await probed(notActivated)).toBeNull();
    expect(await probed(ready, live)).toBeNull();
    expect(await probed(notActivated, live)).toMatch(/acct_1 may not take payments yet/);
  });
});
