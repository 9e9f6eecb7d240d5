import { afterAll, beforeAll, expect, it } from "vitest";
import { providers } from "../../lib/providers/registry.ts";
import { simulators } from "../../scripts/sandbox/simulators.ts";
import { type ApiAnswer, anOrder, type Data } from "../steps/api.ts";
import { ordersOf, startTestStack, type TestStack } from "./test-stack.ts";

let stack: TestStack;
beforeAll(async () => {
  stack = await startTestStack();
});
afterAll(() => stack.stop());

const count = 50;

/** Sends all requests before the first response; the gateway has fewer processes, so most requests wait. */
function createAll(input: Data[]): Promise<ApiAnswer[]> {
  const api = stack.api();
  return Promise.all(input.map((one) => api.create(one)));
}

it.each(Object.keys(providers))(
  "50 simultaneous creates make one order at %s and get the same response",
  async (provider) => {
    const input = anOrder({ provider, currency: simulators[provider]!.currency });
    const answers = await createAll(Array.from({ length: count }, () => input));

    const [first] = answers;
    expect(first).toMatchObject({ status: 200, code: 0 });
    for (const { data } of answers) expect(data).toEqual(first?.data);
    const orderNo = String(first?.data.order_no);
    expect(await ordersOf(input)).toEqual([orderNo]);
    expect(
      stack.host.processes().filter(({ entry }) => entry === "create-payment").length,
    ).toBeLessThanOrEqual(8);
    if (!madeByTheBuyer.has(provider)) {
      expect(await stack.simulator(provider).payments(orderNo)).toMatchObject([
        { created: 1, status: "open" },
      ]);
    }
  },
);

/** An Alipay page payment exists at Alipay only once its buyer has opened the page. */
const madeByTheBuyer = new Set(["alipay"]);

it("of 50 simultaneous creates one with another amount loses or wins alone; conflicts name the field", async () => {
  const input = anOrder({ provider: "stripe", amount: "12.34" });
  const other = { ...input, amount: "12.35" };
  const answers = await createAll(Array.from({ length: count }, (_, index) => (index === 7 ? other : input)));

  const created = answers.filter(({ status }) => status === 200);
  const refused = answers.filter(({ status }) => status === 409);
  expect([1, count - 1]).toContain(created.length);
  expect(refused).toHaveLength(count - created.length);
  for (const { data } of created) expect(data).toEqual(created[0]?.data);
  for (const { code, errors, order_no } of refused) {
    expect(code).toBe(1005);
    expect(errors).toMatchObject([{ field: "amount" }]);
    expect(order_no).toBe(created[0]?.data.order_no);
  }
  expect(await ordersOf(input)).toHaveLength(1);
  expect(await stack.simulator("stripe").payments(String(created[0]?.data.order_no))).toMatchObject([
    { created: 1, amount_minor: created.length === 1 ? 1235 : 1234 },
  ]);
});
