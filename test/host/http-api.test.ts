import { randomBytes } from "node:crypto";
import { connect } from "node:net";
import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { api, lambda, type SynthesizedHost, startSynthesized } from "./synthesized.ts";

const echo = "exports.handler = async (event) => ({ statusCode: 200, body: JSON.stringify(event) });";
const answer = "exports.handler = async (event) => JSON.parse(event.body);";

let host: SynthesizedHost;

beforeAll(async () => {
  host = await startSynthesized({
    bundles: { echo, answer, throwing: "exports.handler = async () => { throw new Error('no') };" },
    resources: {
      ...lambda("echo"),
      ...lambda("answer"),
      ...lambda("throwing"),
      ...api({
        "POST /echo": "echo",
        "ANY /orders/{order_no}": "echo",
        "GET /orders/latest": "echo",
        "GET /files/{path+}": "echo",
        "POST /answer": "answer",
        "GET /throwing": "throwing",
      }),
    },
  });
});
afterAll(() => host.stop());

async function eventOf(path: string, init?: RequestInit): Promise<APIGatewayProxyEventV2> {
  const response = await fetch(`${host.url}${path}`, init);
  expect(response.status).toBe(200);
  return (await response.json()) as APIGatewayProxyEventV2;
}

describe("local HTTP API: payload format 2.0", () => {
  it.each([
    ["application/json", false],
    ["application/json; charset=utf-8", false],
    ["text/plain", false],
    ["application/xml", false],
    ["application/vnd.api+json", true],
    ["application/x-www-form-urlencoded", true],
    ["application/octet-stream", true],
    ["", true],
  ])("the local HTTP API encodes a body of type '%s' in base64: %s", async (type, isBase64Encoded) => {
    const body = "trade_status=TRADE_SUCCESS&subject=%E8%AF%95 ¥";
    const event = await eventOf("/echo", {
      method: "POST",
      body: Buffer.from(body),
      headers: type === "" ? {} : { "content-type": type },
    });
    expect(event.isBase64Encoded).toBe(isBase64Encoded);
    expect(Buffer.from(event.body ?? "", isBase64Encoded ? "base64" : "utf8").toString()).toBe(body);
  });

  it("the local HTTP API preserves every byte of a binary body", async () => {
    const body = randomBytes(100_000);
    const event = await eventOf("/echo", { method: "POST", body });
    expect(Buffer.from(event.body ?? "", "base64").equals(body)).toBe(true);
  });

  it("the local HTTP API's event has no body when none was sent", async () => {
    const event = await eventOf("/echo", { method: "POST" });
    expect(event).not.toHaveProperty("body");
    expect(event.isBase64Encoded).toBe(false);
  });

  it("the local HTTP API decodes path and variables once, and the query except in rawQueryString", async () => {
    const event = await eventOf("/orders/a%20b%252F?x=1&y=%E2%82%AC&x=2+3");
    expect(event.rawPath).toBe("/orders/a b%2F");
    expect(event.pathParameters).toEqual({ order_no: "a b%2F" });
    expect(event.rawQueryString).toBe("x=1&y=%E2%82%AC&x=2+3");
    expect(event.queryStringParameters).toEqual({ x: "1,2 3", y: "€" });
  });

  it("the local HTTP API joins repeated headers, lower-cases their names and separates cookies", async () => {
    const raw = await rawRequest(
      "GET /orders/1 HTTP/1.1\r\nHost: shop.example:80\r\nX-Tag: a\r\nX-TAG: b\r\nCookie: c=1; d=2\r\nConnection: close\r\n\r\n",
    );
    const event = JSON.parse(raw.slice(raw.indexOf("{"))) as APIGatewayProxyEventV2;
    expect(event.headers).toMatchObject({
      host: "shop.example:80",
      "x-tag": "a,b",
      "x-forwarded-for": "127.0.0.1",
    });
    expect(event.headers).not.toHaveProperty("cookie");
    expect(event.headers).not.toHaveProperty("connection");
    expect(event.cookies).toEqual(["c=1", "d=2"]);
    expect(event.requestContext).toMatchObject({
      domainName: "shop.example",
      stage: "$default",
      routeKey: "ANY /orders/{order_no}",
      http: { method: "GET", path: "/orders/1", protocol: "HTTP/1.1", sourceIp: "127.0.0.1" },
    });
  });

  it("the local HTTP API prefers an exact route, then a variable, then a greedy one", async () => {
    expect((await eventOf("/orders/latest")).routeKey).toBe("GET /orders/latest");
    expect((await eventOf("/orders/latest", { method: "POST" })).routeKey).toBe("ANY /orders/{order_no}");
    const greedy = await eventOf("/files/a/b%20c");
    expect(greedy.pathParameters).toEqual({ path: "a/b c" });
  });
});

describe("local HTTP API: answers", () => {
  it.each(["/nowhere", "/orders", "/orders/", "/orders/1/2", "/Echo"])(
    "the local HTTP API answers 404 on %s without a $default route",
    async (path) => {
      const response = await fetch(`${host.url}${path}`, { method: "POST" });
      expect(response.status).toBe(404);
      expect(await response.json()).toEqual({ message: "Not Found" });
      expect(response.headers.get("apigw-requestid")).toMatch(/^[\w-]{15}=$/);
    },
  );

  it("the local HTTP API answers with the function's status, headers, cookies and bytes", async () => {
    const response = await answerOf({
      statusCode: 418,
      headers: { "X-Kind": "teapot", "Content-Type": "image/png" },
      cookies: ["a=1", "b=2"],
      body: Buffer.from([0, 255, 1]).toString("base64"),
      isBase64Encoded: true,
    });
    expect(response.status).toBe(418);
    expect(response.headers.get("x-kind")).toBe("teapot");
    expect(response.headers.get("content-type")).toBe("image/png");
    expect(response.headers.getSetCookie()).toEqual(["a=1", "b=2"]);
    expect([...new Uint8Array(await response.arrayBuffer())]).toEqual([0, 255, 1]);
  });

  it("the local HTTP API answers 200 and JSON when the function returns no status", async () => {
    const response = await answerOf({ paid: true });
    expect(response.headers.get("content-type")).toBe("application/json");
    expect(await response.json()).toEqual({ paid: true });
  });

  it("the local HTTP API answers 500 and logs why when a function's answer is malformed or it throws", async () => {
    for (const response of [await answerOf({ statusCode: "ok" }), await fetch(`${host.url}/throwing`)]) {
      expect(response.status).toBe(500);
      expect(await response.json()).toEqual({ message: "Internal Server Error" });
    }
    expect(host.log).toContain("[host] POST /answer: malformed response from answer");
    expect(host.log).toContain("[host] GET /throwing: throwing failed: Error: no");
  });

  it("the local HTTP API answers 413 to a body over 10 MB or over Lambda's 6 MB", async () => {
    for (const megabytes of [11, 7]) {
      const body = Buffer.alloc(megabytes * 1024 * 1024, "x");
      const response = await fetch(`${host.url}/echo`, { method: "POST", body });
      expect(response.status).toBe(413);
    }
  });
});

describe("local HTTP API: $default route", () => {
  it("the local HTTP API sends unmatched requests to $default, and answers 503 for a late function", async () => {
    const routes = api({ $default: "echo", "GET /late": "late" });
    const late = routes.Integration1;
    const limited = {
      ...late,
      Type: String(late?.Type),
      Properties: { ...late?.Properties, TimeoutInMillis: 50 },
    };
    const other = await startSynthesized({
      bundles: { echo, late: "exports.handler = () => new Promise(() => setInterval(() => {}, 1000));" },
      resources: { ...lambda("echo"), ...lambda("late"), ...routes, Integration1: limited },
    });
    onTestFinished(() => other.stop());
    const event = (await (await fetch(`${other.url}/late/er`)).json()) as APIGatewayProxyEventV2;
    expect(event).toMatchObject({ routeKey: "$default", rawPath: "/late/er" });
    expect(event).not.toHaveProperty("pathParameters");
    const response = await fetch(`${other.url}/late`);
    expect(response.status).toBe(503);
    expect(await response.json()).toEqual({ message: "Service Unavailable" });
  });
});

function answerOf(result: unknown): Promise<Response> {
  const headers = { "content-type": "application/json" };
  return fetch(`${host.url}/answer`, { method: "POST", body: JSON.stringify(result), headers });
}

/** `fetch` normalises headers; a socket does not. */
function rawRequest(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(host.url).port), "127.0.0.1", () => socket.write(text));
    const chunks: Buffer[] = [];
    socket.on("data", (chunk) => chunks.push(chunk)).once("error", reject);
    socket.once("close", () => resolve(Buffer.concat(chunks).toString()));
  });
}
