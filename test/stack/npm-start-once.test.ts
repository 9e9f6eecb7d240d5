import { expect, it, onTestFinished } from "vitest";
import { keepMerchantsApart } from "../steps/world.ts";
import { npmStart, stillRunning } from "./npm-start.ts";
import { query } from "./test-stack.ts";

const patience = { timeout: 120_000 };

// Uses its own queue server: on a shared one an earlier consumer of the same queue might still receive messages.
const startOnce = () =>
  npmStart({ args: ["--once"], onServicesOfTheRun: true, env: { SQS_ENDPOINT: "", SQS_ADMIN: "" } });

it("npm start -- --once exits 0 after the payments and leaves nothing running", patience, async () => {
  await keepMerchantsApart();
  const start = startOnce();
  await start.says(/is paid/);
  const running = start.processes();
  expect(await start.exited).toBe(0);
  expect(start.output()).not.toContain("NOT paid");
  expect(stillRunning(running, start.folder)).toEqual([]);
  expect(start.hasStackFile()).toBe(false);
});

it(
  "npm start -- --once exits 1 and names the provider whose payment failed, and the error",
  patience,
  async () => {
    await keepMerchantsApart();
    await query(`create trigger refuse_stripe before insert on payment_orders for each row
      if new.provider = 'stripe' then signal sqlstate '45000'; end if`);
    onTestFinished(async () => void (await query("drop trigger refuse_stripe")));
    const start = startOnce();
    expect(await start.exited).toBe(1);
    expect(start.output()).toMatch(/alipay: UNI\w{29} is paid/);
    expect(start.output()).toMatch(
      /stripe: NOT paid: POST \/api\/v1\/payment\/create answered 500: \{"code":1000/,
    );
    expect(start.output()).toContain("gateway.log");
  },
);
