import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { eventually, inboxDeliveries, post } from "./sandbox.ts";

const loopback = expect.stringMatching(/^http:..127.0.0.1:[0-9]+$/);
const main = fileURLToPath(new URL("../../scripts/sandbox/main.ts", import.meta.url));

it("the sandbox process reports its addresses, follows the parent's clock, and exits with the parent", async () => {
  const child = fork(main, {
    env: { PATH: process.env.PATH },
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const [ready] = await once(child, "message");
  expect(ready).toMatchObject({ ready: true, simulators: { alipay: loopback, stripe: loopback } });
  child.send({ clockOffsetMs: 3_600_000 });
  await eventually(async () => {
    await post(`${ready.inboxBaseUrl}/shop-1`, "hello");
    const newest = (await inboxDeliveries(`${ready.inboxBaseUrl}/shop-1`)).at(-1);
    expect(Date.parse(newest?.at ?? "")).toBeGreaterThan(Date.now() + 3_500_000);
  });
  child.send({ shop: { gatewayUrl: "http://127.0.0.1:1", apiKey: "ak_test" } });
  await eventually(async () => expect((await fetch(ready.shopUrl)).status).toBe(200));
  child.disconnect();
  const [code] = await once(child, "exit");
  expect(code).toBe(0);
});
