import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ApiAnswer } from "../steps/api.ts";
import { rawRequest } from "../steps/raw-request.ts";
import { openWorld, type Shop, type World } from "../steps/world.ts";

let world: World;
let shop: Shop;

beforeAll(async () => {
  world = await openWorld();
  shop = await world.openShop("stripe");
});
afterAll(() => world.stop());

describe("input that a route does not read", () => {
  const bodies: [string, string | Buffer][] = [
    ["JSON", '{"status":"success"}'],
    ["broken JSON", "{{{"],
    ["binary data", Buffer.from([0xff, 0xfe, 0x00])],
    ["100 KiB of text", "x".repeat(102_400)],
  ];
  const paths = ["health", "openapi.json", "api/v1/payment/list", "api/v1/capabilities"];
  const cases = bodies.flatMap(([what, body]) => paths.map((path) => [what, path, body] as const));
  it.each(cases)("a body of %s does not change the response of GET /%s", async (_what, path, body) => {
    const headers = { "x-api-key": shop.apiKey, "content-type": "application/json" };
    const [plain, provided] = [
      await rawRequest(world, { path: `/${path}`, headers }),
      await rawRequest(world, { path: `/${path}`, headers, body }),
    ];
    const withoutId = (text: string) => text.replace(/"request_id":"[^"]*"/, "");
    expect({ status: provided.status, text: withoutId(provided.text) }).toEqual({
      status: 200,
      text: withoutId(plain.text),
    });
  });

  it.each(["deep=2", "deep=1&deep=1", "deep", "DEEP=1", "deep=%00", `deep=${"1".repeat(5_000)}`])(
    "GET /health?%s answers without a check of the database, cache or queue",
    async (query) => {
      const { status, text } = await rawRequest(world, { path: `/health?${query}` });
      expect({ status, said: JSON.parse(text) }).toEqual({ status: 200, said: { status: "ok" } });
    },
  );

  it.each(["GET", "PUT", "DELETE", "PATCH", "OPTIONS", "PROPFIND"])(
    "a create by %s is not a route",
    async (method) => {
      const path = "/api/v1/payment/create";
      const { status, text } = await rawRequest(world, {
        method,
        path,
        headers: { "x-api-key": shop.apiKey },
      });
      expect({ status, code: JSON.parse(text).code }).toEqual({ status: 404, code: 1004 });
    },
  );

  it("headers that claim a method, a user, a path or an address do not change a request", async () => {
    const headers = {
      "x-api-key": shop.apiKey,
      "x-http-method-override": "DELETE",
      "x-user-id": "1",
      "x-original-url": "/health",
      "x-forwarded-for": "127.0.0.1, ::1",
      "content-length": "0",
      cookie: "a=b; __proto__=1",
      accept: "*/*, application/xml;q=9",
      "user-agent": "\xff".repeat(5_000),
    };
    const { status, text } = await rawRequest(world, { path: "/api/v1/payment/list", headers });
    expect({ status, code: (JSON.parse(text) as ApiAnswer).code }).toEqual({ status: 200, code: 0 });
  });
});
