import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { aSandbox, post } from "./sandbox.ts";
import { aWechatMerchant } from "./wechat-merchant.ts";

it("the demo shop shows a WeChat code and a link to the page that replaces scanning it", async () => {
  const sandbox = await aSandbox();
  const merchant = await aWechatMerchant(sandbox);
  const { body } = await merchant.create();
  sandbox.setShop({ gatewayUrl: await aGateway(body.code_url), apiKey: "ak_test" });

  const shown = await (await post(`${sandbox.shopUrl}/buy`, "provider=wechat")).text();
  const [, scanUrl = ""] = /id="scan" href="([^"]+)"/.exec(shown) ?? [];
  const page = await fetch(scanUrl.replaceAll("&amp;", "&"));
  expect(await page.text()).toContain("12.34 CNY");
  expect(shown).toMatch(/id="order" href="\/shop\/orders\/shop-/);
});

/** A fake gateway that answers every create with this code. */
async function aGateway(qrCode: string): Promise<string> {
  const data = { payment_url: "", qr_code: qrCode };
  const server = createServer((_, response) => {
    response.end(JSON.stringify({ code: 0, message: "success", data }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
