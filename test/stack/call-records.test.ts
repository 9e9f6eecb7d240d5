import { afterAll, beforeAll, expect, it } from "vitest";
import { anOrder, type Data } from "../steps/api.ts";
import { until } from "../steps/until.ts";
import { query, startTestStack, type TestStack } from "./test-stack.ts";

let stack: TestStack;
beforeAll(async () => {
  stack = await startTestStack();
});
afterAll(() => stack.stop());

async function calls(args: Data): Promise<Data[]> {
  const answer = await stack.host.invoke("ops", { command: "calls list", args });
  return (answer as { data: { items: Data[] } }).data.items;
}

it("API calls appear in calls list moments later, through the logs of their functions", async () => {
  const [merchant] = stack.merchants;
  const { data } = await stack.api().create(anOrder({ provider: "stripe" }));
  const order_no = String(data.order_no);
  await stack.api().query(order_no);
  const listed = await until(async () => {
    const found = await calls({ order_no });
    return found.length === 2 && found;
  });
  const [seen, made] = listed;
  expect(made).toMatchObject({
    user_id: merchant!.user_id,
    method: "POST",
    path: "/api/v1/payment/create",
    http_status: 200,
    request: { provider: "stripe", subject: "[9 characters]" },
    answer: { code: 0, data: { order_no } },
  });
  expect(seen).toMatchObject({ path: `/api/v1/payment/query/${order_no}`, http_status: 200 });
});

it("an API call without a key is not recorded", async () => {
  const path = "/api/v1/payment/query/unseen";
  await fetch(stack.host.url + path);
  // A later call is recorded, so this one would have been, too.
  await stack.api().query("seen-after-it");
  await until(async () => (await calls({ status: "404" })).length > 0);
  expect(await query("select id from api_calls where path = ?", [path])).toEqual([]);
});
