import { existsSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Metafile } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { build } from "../../scripts/build.ts";

const sources = join(import.meta.dirname, "fixtures");
const entries = ["asks", "signs", "signs-wechat", "models", "nested/connects"];
const require = createRequire(import.meta.url);

describe("built functions", () => {
  const home = realpathSync(mkdtempSync(join(tmpdir(), "build-test-")));
  const dist = join(home, "dist");
  const load = (entry: string) => require(join(dist, entry, "index.js"));
  const loadedFiles = (entry: string) =>
    Object.keys(require.cache).filter((file) => file.startsWith(join(dist, entry, "/")));

  /** The packages whose code is in an entry's own file. */
  function packagesIn(entry: string): string[] {
    const { outputs } = JSON.parse(readFileSync(join(dist, ".meta", "metafile.json"), "utf8")) as Metafile;
    const [, output] = Object.entries(outputs).find(([file]) => file.endsWith(`/${entry}.js`)) ?? [];
    const names = Object.keys(output?.inputs ?? {}).flatMap(
      (input) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(input)?.[1] ?? [],
    );
    return [...new Set(names)];
  }

  beforeAll(() => build({ entries, sources, dist }));
  afterAll(() => rmSync(home, { recursive: true, force: true }));

  it("a built function loads a lazily imported module only when it is used, and shares its classes", async () => {
    const { handler } = load("asks");
    const lazyFile = /\/lazy-[^/]+\.js$/;
    expect(loadedFiles("asks")).not.toContainEqual(expect.stringMatching(lazyFile));
    expect(await handler()).toEqual({
      existing: true,
      message: "loaded 1 time, function",
      className: "Refusal",
    });
    expect(loadedFiles("asks")).toContainEqual(expect.stringMatching(lazyFile));
  });

  it("a built function contains CommonJS packages that need builtins", async () => {
    expect(await load("nested/connects").handler()).toEqual(["'it\\'s'", "function", "function"]);
  });

  it("a built function signs and verifies with alipay-sdk, without the SDK's HTTP client", async () => {
    const done = await load("signs").handler();
    expect(done.order).toMatch(/method=alipay\.trade\.app\.pay.*&sign=/);
    expect(done.page).toMatch(
      /^http:\/\/127\.0\.0\.1:9\/gateway\.do\?method=alipay\.trade\.page\.pay.*&sign=/,
    );
    expect(done.genuine).toBe("none");
    expect(done.forged).toMatch(/验签失败/);
    expect(done.sent).toMatch(/must not send requests by itself/);
    expect(readdirSync(join(dist, "signs")).join()).not.toMatch(/undici|mime/);
  });

  it("a built function models requests with PayPal's SDK, without the SDK's HTTP client", async () => {
    const { order, sent } = await load("models").handler();
    expect(order).toMatchObject({
      method: "POST",
      path: "/v2/checkout/orders",
      headers: { "paypal-request-id": "K1", "content-type": "application/json" },
    });
    expect(JSON.parse(order.body)).toEqual({
      intent: "CAPTURE",
      purchase_units: [{ invoice_id: "A1", amount: { currency_code: "USD", value: "0.01" } }],
    });
    expect(sent).toMatch(/must not send requests by itself/);
    expect(packagesIn("models")).not.toContainEqual(expect.stringMatching(/axios|form-data|mime/));
  });

  it("a built function signs with wechatpay-node-v3, without its HTTP client and certificate reader", async () => {
    const { fits, authorization, sent, withoutSerial } = await load("signs-wechat").handler();
    expect(fits).toBe(true);
    expect(authorization).toMatch(/^WECHATPAY2-SHA256-RSA2048 mchid="1600000001",.*serial_no="ABCDEF"/);
    // The SDK swallows what its transport throws; a network failure would have a code.
    expect(sent).toEqual({ errRaw: {} });
    expect(withoutSerial).toThrow(/give it the serial number/);
    expect(packagesIn("signs-wechat")).toEqual(["wechatpay-node-v3"]);
  });

  it("built functions contain no source maps or other developer files", () => {
    for (const entry of entries) {
      const files = readdirSync(join(dist, entry));
      expect(files.filter((file) => file !== "package.json" && !file.endsWith(".js"))).toEqual([]);
      expect(readFileSync(join(dist, entry, "index.js"), "utf8")).not.toContain("sourceMappingURL");
    }
    const meta = readdirSync(join(dist, ".meta"));
    const maps = ["asks.js.map", "signs.js.map", "nested.connects.js.map"];
    expect(meta).toEqual(expect.arrayContaining([...maps, "metafile.json"]));
  });

  it("built functions are byte-identical wherever they are built", async () => {
    const other = join(home, "elsewhere", "dist");
    await build({ entries, sources, dist: other });
    for (const entry of entries) {
      const files = readdirSync(join(dist, entry));
      expect(readdirSync(join(other, entry))).toEqual(files);
      for (const file of files) {
        expect(readFileSync(join(other, entry, file))).toEqual(readFileSync(join(dist, entry, file)));
      }
    }
  });

  it("a failed build leaves the built functions unchanged", async () => {
    await expect(build({ entries: ["asks", "waits"], sources, dist })).rejects.toThrow(/[Tt]op-level await/);
    expect(existsSync(join(dist, "signs", "index.js"))).toBe(true);
    expect(readdirSync(home).sort()).toEqual(["dist", "elsewhere"]);
  });

  it("building a function without a source fails and names the source", async () => {
    await expect(build({ entries: ["asks", "webhooks/nobody"], sources, dist })).rejects.toThrow(
      "no source for functions/webhooks/nobody.ts",
    );
  });
});
