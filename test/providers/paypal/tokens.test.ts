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

/** Answers token calls and the others in turn, each list's last answer again and again. */
async function paypalThatAnswers(tokens: Reply[], others: Reply[] = [json(order())]) {
  const server = await localServer((call) => {
    const alike = server.calls.filter((one) => isTokenCall(one) === isTokenCall(call));
    const replies = isTokenCall(call) ? tokens : others;
    return replies[Math.min(alike.length, replies.length) - 1] ?? "reset";
  });
  const called = () => server.calls.map((call) => (isTokenCall(call) ? "token" : "call"));
  return { ...server, called };
}

describe("PayPal's access token", () => {
  it("is asked for with the app's credentials, and kept", async () => {
    const server = await paypalThatAnswers([token()]);
    const adapter = openPayPal({ baseUrl: server.url });
    await adapter.look(storedPayment);
    await adapter.look(storedPayment);
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

  it("is asked for once by calls at the same time", async () => {
    const server = await paypalThatAnswers([token()]);
    const adapter = openPayPal({ baseUrl: server.url });
    const said = await Promise.all(Array.from({ length: 5 }, () => adapter.look(storedPayment)));
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
    "may fail once with %s: the next call works",
    async (_title, reply, kind) => {
      const server = await paypalThatAnswers([reply, token()]);
      const adapter = openPayPal({ baseUrl: server.url });
      const first = await adapter.look(storedPayment);
      expect(first).toEqual([expect.objectContaining({ kind })]);
      expect(JSON.stringify(first)).not.toContain("canary");
      expect(await adapter.look(storedPayment)).toEqual([expect.objectContaining({ kind: "open" })]);
    },
  );

  it("that the API no longer takes is replaced once, and the call repeated", async () => {
    const server = await paypalThatAnswers([token(), token("A21AAnew")], [unauthorised, json(order())]);
    const said = await openPayPal({ baseUrl: server.url }).look(storedPayment);
    expect(said).toEqual([expect.objectContaining({ kind: "open" })]);
    expect(server.called()).toEqual(["token", "call", "token", "call"]);
    expect(server.calls[3]?.headers.authorization).toBe("Bearer A21AAnew");
  });

  it("is not replaced for ever", async () => {
    const server = await paypalThatAnswers([token()], [unauthorised]);
    const adapter = openPayPal({ baseUrl: server.url });
    const said = await adapter.start(storedPayment, prepared(), "key-1");
    expect(said).toMatchObject({ kind: "refused", ends: "nothing", error: { code: "invalid_token" } });
    expect(JSON.stringify(said)).not.toContain("canary");
    expect(server.called()).toEqual(["token", "call", "token", "call"]);
  });

  it("is replaced before its time runs out", async () => {
    const server = await paypalThatAnswers([
      json({ access_token: "A21AAshort", token_type: "Bearer", expires_in: 60 }),
      token(),
    ]);
    const adapter = openPayPal({ baseUrl: server.url });
    await adapter.look(storedPayment);
    await adapter.look(storedPayment);
    expect(server.called()).toEqual(["token", "call", "token", "call"]);
  });

  it("is one app's own: another adapter asks for its own", async () => {
    const server = await paypalThatAnswers([token()]);
    await openPayPal({ baseUrl: server.url }).look(storedPayment);
    await openPayPal({ baseUrl: server.url, client_id: "Aother000" }).look(storedPayment);
    expect(server.called()).toEqual(["token", "call", "token", "call"]);
  });

  it("is in nothing that the adapter throws", async () => {
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
