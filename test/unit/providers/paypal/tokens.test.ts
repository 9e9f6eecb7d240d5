import { describe, expect, it } from "vitest";
import { localServer, type Reply } from "../../outbound/local-server.ts";
import { createdAt, everythingOf } from "../payments.ts";
import {
  accessToken,
  credentials,
  isTokenCall,
  json,
  openPayPal,
  order,
  storedPayment,
  token,
} from "./account.ts";

const unauthorised = json({ error: "invalid_token", error_description: `not found: ${accessToken}` }, 401);
const serverError: Reply = { status: 500, body: "oops" };

/** Answers token calls and other calls in turn, repeating the last answer of each list. */
async function paypalThatAnswers(tokens: Reply[], others: Reply[] = [json(order())]) {
  const server = await localServer((call) => {
    const alike = server.calls.filter((one) => isTokenCall(one) === isTokenCall(call));
    const replies = isTokenCall(call) ? tokens : others;
    return replies[Math.min(alike.length, replies.length) - 1] ?? "reset";
  });
  const called = () => server.calls.map((call) => (isTokenCall(call) ? "token" : "call"));
  return { ...server, called };
}

describe("PayPal access token", () => {
  it("PayPal's access token is fetched with the app's credentials, and cached", async () => {
    const server = await paypalThatAnswers([token()]);
    const adapter = openPayPal({ baseUrl: server.url });
    await adapter.fetchPayment(storedPayment);
    await adapter.fetchPayment(storedPayment);
    expect(server.called()).toEqual(["token", "call", "call"]);
    const basic = Buffer.from(`${credentials.client_id}:${credentials.secret}`).toString("base64");
    expect(server.calls[0]).toMatchObject({
      method: "POST",
      body: "grant_type=client_credentials",
      headers: {
        authorization: `Basic ${basic}`,
        "content-type": "application/x-www-form-urlencoded",
      },
    });
    expect(server.calls[1]?.headers.authorization).toBe(`Bearer ${accessToken}`);
  });

  it("PayPal's access token is fetched once for concurrent calls", async () => {
    const server = await paypalThatAnswers([token()]);
    const adapter = openPayPal({ baseUrl: server.url });
    const said = await Promise.all(Array.from({ length: 5 }, () => adapter.fetchPayment(storedPayment)));
    expect(said.flat().map(({ kind }) => kind)).toEqual(Array(5).fill("open"));
    expect(server.called().filter((what) => what === "token")).toHaveLength(1);
  });

  it.each([
    ["500", serverError, "unknown"],
    ["401", json({ error: "invalid_client", error_description: credentials.secret }, 401), "unknown"],
    ["a broken connection", "reset", "unknown"],
    ["HTML", { body: "<html>" }, "unknown"],
    ["an empty object", json({}), "unknown"],
    ["a token with a line break", token("a\r\nb"), "unknown"],
  ] satisfies [string, Reply, string][])(
    "after a failed fetch of PayPal's access token (%s) the next call works",
    async (_title, reply, kind) => {
      const server = await paypalThatAnswers([reply, token()]);
      const adapter = openPayPal({ baseUrl: server.url });
      const first = await adapter.fetchPayment(storedPayment);
      expect(first).toEqual([expect.objectContaining({ kind })]);
      expect(JSON.stringify(first)).not.toContain("canary");
      expect(await adapter.fetchPayment(storedPayment)).toEqual([expect.objectContaining({ kind: "open" })]);
    },
  );

  it("PayPal's access token is replaced once if the API rejects it, and the call is repeated", async () => {
    const server = await paypalThatAnswers([token(), token("A21AAnew")], [unauthorised, json(order())]);
    const said = await openPayPal({ baseUrl: server.url }).fetchPayment(storedPayment);
    expect(said).toEqual([expect.objectContaining({ kind: "open" })]);
    expect(server.called()).toEqual(["token", "call", "token", "call"]);
    expect(server.calls[3]?.headers.authorization).toBe("Bearer A21AAnew");
  });

  it("PayPal's access token is replaced at most once per call", async () => {
    const server = await paypalThatAnswers([token()], [unauthorised]);
    const adapter = openPayPal({ baseUrl: server.url });
    const said = await adapter.createPayment(storedPayment, prepared(), "key-1");
    expect(said).toMatchObject({ kind: "refused", ends: "nothing", error: { code: "invalid_token" } });
    expect(JSON.stringify(said)).not.toContain("canary");
    expect(server.called()).toEqual(["token", "call", "token", "call"]);
  });

  it("PayPal's access token is replaced before it expires", async () => {
    const server = await paypalThatAnswers([
      json({ access_token: "A21AAshort", token_type: "Bearer", expires_in: 60 }),
      token(),
    ]);
    const adapter = openPayPal({ baseUrl: server.url });
    await adapter.fetchPayment(storedPayment);
    await adapter.fetchPayment(storedPayment);
    expect(server.called()).toEqual(["token", "call", "token", "call"]);
  });

  it("PayPal's access token belongs to one app: another app fetches its own", async () => {
    const server = await paypalThatAnswers([token()]);
    await openPayPal({ baseUrl: server.url }).fetchPayment(storedPayment);
    await openPayPal({ baseUrl: server.url, client_id: "Aother000" }).fetchPayment(storedPayment);
    expect(server.called()).toEqual(["token", "call", "token", "call"]);
  });

  it("PayPal's access token is in no error that the adapter throws", async () => {
    const server = await paypalThatAnswers([json({ error: "invalid_client", error_description: "x" }, 401)]);
    const error = await openPayPal({ baseUrl: server.url })
      .account()
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ failure: "create_not_accepted" });
    expect(everythingOf(error)).not.toMatch(/canary|Basic|Bearer/);
  });
});

function prepared() {
  return openPayPal().prepare({
    ...storedPayment,
    notifyUrl: "https://pay.example/n",
    buyerReturnUrl: "https://pay.example/r",
    extraParams: {},
    createdAt,
  });
}
