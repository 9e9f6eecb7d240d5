import { Stripe } from "stripe";
import { describe, expect, it } from "vitest";
import { apiVersion } from "../../../../lib/providers/stripe/client.ts";
import { localServer } from "../../outbound/local-server.ts";
import { newPayment, refund, withRequest } from "../payments.ts";
import { json, openStripe, page, secretKey, session, storedPayment } from "./account.ts";

type Adapter = ReturnType<typeof openStripe>;
type Member = readonly [
  string,
  (adapter: Adapter) => Promise<unknown> | undefined,
  (sdk: Stripe, parameters: never) => Promise<unknown>,
];

const key = { idempotencyKey: "K1" };
const paid = { ...storedPayment, tradeNo: "pi_1" };

const creating = (title: string, changes: Parameters<typeof newPayment>[0]): Member => [
  `creation of ${title}`,
  (adapter) => adapter.createPayment(storedPayment, adapter.prepare(newPayment(changes)), "K1"),
  (sdk) => sdk.checkout.sessions.create(openStripe().prepare(newPayment(changes)) as never, key),
];
const refunding = (reason: string, minor: number, currency: string): Member => {
  const changes = { reason, amount: { minor, currency }, idempotencyKey: "K1" };
  const input = withRequest(openStripe(), paid, refund(changes));
  return [
    `refund of ${minor} ${currency} because of ${reason}`,
    (adapter) => adapter.refund?.(paid, input),
    (sdk) => sdk.refunds.create(input.prepared, key),
  ];
};

const members: Member[] = [
  ["account", (adapter) => adapter.account(), (sdk) => sdk.accounts.retrieveCurrent()],
  [
    "query",
    (adapter) => adapter.fetchPayment(storedPayment),
    (sdk) => sdk.checkout.sessions.retrieve("cs_test_a1", { expand: ["payment_intent.latest_charge"] }),
  ],
  [
    "refund query by id",
    (adapter) => adapter.fetchRefund?.(paid, refund({ refundId: "re_1" })),
    (sdk) => sdk.refunds.retrieve("re_1"),
  ],
  [
    "refund query by number",
    (adapter) => adapter.fetchRefund?.(paid, refund()),
    (sdk) => sdk.refunds.list({ payment_intent: "pi_1", limit: 100 }),
  ],
  [
    "list of webhook endpoints",
    (adapter) => adapter.register?.("https://pay.example/notify"),
    (sdk) => sdk.webhookEndpoints.list({ limit: 100 }),
  ],
  creating("12.30 CNY", {}),
  creating("1200 JPY", { amount: { minor: 1200, currency: "JPY" } }),
  creating("1.230 KWD", { amount: { minor: 1230, currency: "KWD" } }),
  creating("unicode", { subject: '茶 ["&"] 100%=!*()\' +~ 😀\u2028\\' }),
  creating("a long subject", { subject: "x".repeat(300), outTradeNo: "x".repeat(64) }),
  refunding("", 230, "USD"),
  refunding("茶 [is] cold & gone 😀", 1200, "JPY"),
];

const url = "https://pay.example/notify";
const registering = (adapter: Adapter) => adapter.register?.(url);
const anEndpoint = { id: "we_1", object: "webhook_endpoint", url, status: "disabled", enabled_events: ["x"] };
const created = { id: "we_2", object: "webhook_endpoint", secret: "whsec_x" };

/** Calls under keys that nobody chose, with Stripe's answers. */
const unkeyed: readonly (readonly [string, Member[1], Member[2], unknown[]])[] = [
  [
    "close",
    (adapter) => adapter.close?.(storedPayment),
    (sdk) => sdk.checkout.sessions.expire("cs_test_a1"),
    [],
  ],
  [
    "creation of a webhook endpoint",
    registering,
    (sdk, parameters) => sdk.webhookEndpoints.create(parameters),
    [page([]), created],
  ],
  [
    "change of a webhook endpoint",
    registering,
    (sdk, parameters) => sdk.webhookEndpoints.update("we_1", parameters),
    [page([anEndpoint])],
  ],
  [
    "deletion of a webhook endpoint",
    registering,
    (sdk) => sdk.webhookEndpoints.del("we_1"),
    [page([anEndpoint, anEndpoint]), created],
  ],
];

/** The parameters of a form without nested objects. */
function parametersIn(body: string) {
  const fields = [...new URLSearchParams(body)].map(
    ([name, value]) => [name.split("[")[0] ?? "", value] as const,
  );
  const grouped = Object.entries(Object.groupBy(fields, ([name]) => name));
  return Object.fromEntries(
    grouped.map(([name, all = []]) => {
      const values = all.map(([, value]) => value);
      return [name, body.includes(`${name}[`) ? values : values[0]];
    }),
  );
}

describe("Stripe requests and the SDK's", () => {
  /** The last request of `act`, and the SDK's. */
  async function sent(act: Member[1], bySdk: Member[2], answers: unknown[] = []) {
    const server = await localServer((_call, count) => json(answers[count - 1] ?? session()));
    await Promise.resolve(act(openStripe({ baseUrl: server.url }))).catch(() => undefined);
    const ours = server.calls.at(-1);
    const { hostname: host, port } = new URL(server.url);
    const options = { host, port, protocol: "http", telemetry: false, maxNetworkRetries: 0 } as const;
    await bySdk(new Stripe(secretKey, { ...options, apiVersion }), parametersIn(ours?.body ?? "") as never);
    return [ours, server.calls.at(-1)].map((call) => {
      const { method, path, body, headers } = call!;
      return {
        ...{ method, path, body, authorization: headers.authorization, version: headers["stripe-version"] },
        ...{ accept: headers.accept, type: method === "POST" && headers["content-type"] },
        key: headers["idempotency-key"],
      };
    });
  }

  it.each(members)("a Stripe request is the SDK's to the last byte: %s", async (_title, act, bySdk) => {
    const [ours, theirs] = await sent(act, bySdk);
    expect(ours).toEqual(theirs);
  });

  it.each(unkeyed)(
    "a Stripe request without a key is the SDK's but for a key of its own: %s",
    async (_title, act, bySdk, answers) => {
      const [ours, theirs] = await sent(act, bySdk, answers);
      const key = ours?.method === "POST" ? expect.stringMatching(/^[0-9a-f-]{36}$/) : undefined;
      expect(ours).toEqual({ ...theirs, key });
    },
  );
});
