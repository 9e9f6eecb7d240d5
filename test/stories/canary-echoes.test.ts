import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Api, anOrder, apiOf } from "../steps/api.ts";
import { namesIn, secretsOf } from "../steps/canaries.ts";
import { logOf } from "../steps/captured-log.ts";
import { type Echo, type EchoingProxy, type Heard, startEchoingProxy } from "../steps/echoing-proxy.ts";
import { invoke } from "../steps/front.ts";
import { aRefundNo, paidOrder, refundsOf } from "../steps/paid-order.ts";
import { callLines, handOver } from "../steps/recorded-calls.ts";
import { openRows, type Rows } from "../steps/rows.ts";
import { openWorld, type Shop, type World } from "../steps/world.ts";

const providers = ["alipay", "wechat", "stripe", "paypal"] as const;
type Name = (typeof providers)[number];

let world: World;
let rows: Rows;
let shop: Shop;
let api: Api;
const proxies = {} as Record<Name | "sqs" | "kms" | "merchant", EchoingProxy>;
const paid: Record<string, string> = {};

beforeAll(async () => {
  world = await openWorld();
  for (const provider of providers)
    proxies[provider] = await startEchoingProxy(world.sandbox.simulators[provider]);
  proxies.sqs = await startEchoingProxy(process.env.SQS_ENDPOINT!);
  proxies.kms = await startEchoingProxy(process.env.AWS_ENDPOINT_URL_KMS!);
  proxies.merchant = await startEchoingProxy(world.sandbox.url);
  Object.assign(process.env, {
    PROVIDER_BASE_URLS: JSON.stringify(
      Object.fromEntries(providers.map((provider) => [provider, proxies[provider].url])),
    ),
    AWS_ENDPOINT_URL_SQS: proxies.sqs.url,
    AWS_ENDPOINT_URL_KMS: proxies.kms.url,
    LOOPBACK_ENDPOINTS: [world.sandbox.url, proxies.merchant.url].map((url) => new URL(url).host).join(),
  });
  rows = await openRows();
  shop = await world.openShop();
  api = apiOf(world, shop);
  for (const provider of providers) paid[provider] = await paidOrder(world, api, provider);
});
afterAll(async () => {
  for (const proxy of Object.values(proxies)) proxy.stop();
  await rows.close();
  await world.stop();
});

/** What a provider would have to repeat: its account's secrets, and all that our call was sent with. */
function words(provider: Name, { headers, body }: Heard): string {
  const { secret_key, secret, api_v3_key, private_key, webhook_secret } = shop.accounts[provider]!;
  const known = [secret_key, secret, api_v3_key, webhook_secret, private_key?.split("\n")[3]].filter(Boolean);
  return `${known.join(" ")} ${JSON.stringify(headers)} ${body}`;
}

/** The provider's own forms of saying no, with nothing but what it must not repeat in every field. */
const forms: Record<Name, (text: string) => object> = {
  alipay: (text) => ({
    error_response: { code: text, msg: text, sub_code: text, sub_msg: text },
    sign: "AAAA",
  }),
  wechat: (text) => ({ code: text, message: text, detail: { location: text } }),
  stripe: (text) => ({ error: { type: text, code: text, message: text, param: text } }),
  paypal: (text) => ({ name: text, message: text, details: [{ issue: text, description: text }] }),
};

const statuses = [200, 400, 401, 429, 500];
/** Whole sentences, or one secret alone where a code is expected. */
const shares = {
  "all of it": (text: string) => text,
  "one word of it": (text: string) => text.split(" ")[0]!,
};

/** Everything that the merchant, an operator, the log and the database get to see of some work. */
async function seenOf(work: () => Promise<unknown>): Promise<string> {
  let answers: unknown;
  const log = await logOf(async () => {
    answers = await work();
  });
  await handOver(callLines(log));
  return JSON.stringify([log, answers]) + (await rows.allText());
}

describe.each(providers)("%s repeats our own credentials", (provider) => {
  const everything = Object.entries(shares).flatMap(([share, of]) =>
    statuses.map((status) => ({ status, share, of })),
  );
  it.each(everything)("with $status, $share: nobody else gets to see them", async ({ status, of }) => {
    const refunds = refundsOf(api);
    const { data } = await api.create(anOrder({ provider }));
    const before = proxies[provider].echoed();
    const echo: Echo = (heard) => ({
      status,
      body: JSON.stringify(forms[provider](of(words(provider, heard)))),
    });
    const seen = await seenOf(async () => {
      proxies[provider].echoes(echo);
      await world.passes(4);
      const answers: unknown[] = [
        await api.query(String(data.order_no)),
        await api.close(String(data.order_no)),
      ];
      answers.push(await api.create(anOrder({ provider })));
      const wanted = { order_no: paid[provider], refund_no: aRefundNo(), amount: "0.01" };
      answers.push(await refunds.ask(wanted), await refunds.now(wanted.refund_no));
      const operator = { merchant: shop.username, config_id: shop.configs[provider] };
      answers.push(await world.ops("config check", operator).catch(String));
      answers.push(await world.ops("order sync", { order_no: data.order_no }).catch(String));
      await world.queues.tryOnce();
      answers.push(await api.timeline(String(data.order_no)));
      proxies[provider].echoes(undefined);
      return answers;
    });
    expect(proxies[provider].echoed()).toBeGreaterThan(before);
    expect(namesIn(seen, secretsOf(shop))).toEqual([]);
  });
});

/** AWS' form of saying no, first with a name that could be one. */
const awsForm =
  (text: string): Echo =>
  ({ headers, body }) => ({
    status: 400,
    body: JSON.stringify({
      __type: `com.amazonaws#${text.split(" ")[0]}`,
      message: `${text} ${JSON.stringify(headers)} ${body}`,
    }),
  });

describe("what stands behind us repeats what it must not", () => {
  it.each(["sqs", "kms"] as const)("%s: nobody gets to see it", async (service) => {
    const { secret_key } = shop.accounts.stripe!;
    const before = proxies[service].echoed();
    const seen = await seenOf(async () => {
      proxies[service].echoes(awsForm(`${secret_key} ${shop.apiKey} ${shop.webhookSecret}`));
      const created = await api.create(anOrder({ provider: "stripe" }));
      const { account: _, ...credentials } = shop.accounts.stripe!;
      const set = await world
        .ops("config set", {
          ...{ merchant: shop.username, provider: "stripe", name: service, skip_probe: "yes" },
          data: JSON.stringify(credentials),
        })
        .catch(String);
      const swept = await invoke("sweep", {}).catch(String);
      proxies[service].echoes(undefined);
      return [created, set, swept];
    });
    expect(proxies[service].echoed()).toBeGreaterThan(before);
    expect(namesIn(seen, secretsOf(shop))).toEqual([]);
  });

  it("a merchant's endpoint that answers with all that it was sent: its signature is not kept", async () => {
    let signature = "";
    proxies.merchant.echoes(({ headers, body }) => {
      signature = String(headers["webhook-signature"]).replace("v1,", "");
      return { status: 500, body: JSON.stringify({ headers, body, secret: shop.webhookSecret }) };
    });
    const seen = await seenOf(async () => {
      const notify_url = `${proxies.merchant.url}/hook?token=canary-token-of-the-url`;
      const created = await api.create(anOrder({ provider: "stripe", notify_url }));
      const closed = await api.close(String(created.data.order_no));
      await world.queues.drain();
      return [closed, await api.timeline(String(created.data.order_no))];
    });
    expect(signature).toHaveLength(44);
    const wanted = new Map([...secretsOf(shop), ["signature", signature]]);
    expect(namesIn(seen, wanted)).toEqual([]);
  });

  it("a webhook that is one heap of keys is refused, and none of them is kept", async () => {
    const all = [...secretsOf(shop).values()];
    const seen = await seenOf(async () => {
      const answers: unknown[] = [];
      // In a path or a user agent only what looks like a key can be known for one.
      const marked = [shop.apiKey, shop.webhookSecret, shop.accounts.stripe!.secret_key!];
      for (const [at, provider] of providers.entries()) {
        const [key, bare] = [marked[at % marked.length]!, all[at]!];
        const signed = ["stripe-signature", "wechatpay-signature", "wechatpay-serial", "paypal-cert-url"];
        const headers = {
          ...Object.fromEntries(signed.map((name) => [name, bare])),
          "user-agent": `shop/1.0 ${key}`,
        };
        for (const place of [shop.configs[provider], encodeURIComponent(key)]) {
          for (const body of [
            all.join("&"),
            JSON.stringify({ [bare]: all }),
            `sign=${bare}&sign_type=RSA2`,
          ]) {
            const url = `${world.front.url}/api/v1/public/notify/${provider}/${place}?key=${encodeURIComponent(bare)}`;
            const answer = await fetch(url, { method: "POST", headers, body });
            expect([400, 401]).toContain(answer.status);
            answers.push(await answer.text());
          }
        }
      }
      return answers;
    });
    expect(namesIn(seen, secretsOf(shop))).toEqual([]);
  });
});
