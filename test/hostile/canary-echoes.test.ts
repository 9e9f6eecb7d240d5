import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ProviderName } from "../../lib/providers/registry.ts";
import { kits, providerNames as providers } from "../kits/kits.ts";
import { type Api, anOrder, apiOf } from "../steps/api.ts";
import { apiCallLines, handOver } from "../steps/api-calls.ts";
import { namesIn, secretFields, secretsOf } from "../steps/canaries.ts";
import { logOf } from "../steps/captured-log.ts";
import {
  type Echo,
  type EchoedRequest,
  type EchoingProxy,
  startEchoingProxy,
} from "../steps/echoing-proxy.ts";
import { invoke } from "../steps/front.ts";
import { aRefundNo, paidOrder, refundsOf } from "../steps/paid-order.ts";
import { openRows, type Rows } from "../steps/rows.ts";
import { openWorld, type Shop, type World } from "../steps/world.ts";

let world: World;
let rows: Rows;
let shop: Shop;
let api: Api;
const proxies = {} as Record<ProviderName | "sqs" | "kms" | "merchant", EchoingProxy>;
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

/** The text that the provider echoes: its account's secrets, and our request's headers and body. */
function echoedText(provider: ProviderName, { headers, body }: EchoedRequest): string {
  // Of a key in PEM, one line.
  const secrets = secretFields(shop, provider).map(([, text]) => text.split("\n")[3] ?? text);
  return `${secrets.join(" ")} ${JSON.stringify(headers)} ${body}`;
}

const statuses = [200, 400, 401, 429, 500];
/** The whole text, or one secret alone, as an error code would be. */
const shares = {
  "the whole text": (text: string) => text,
  "one secret alone": (text: string) => text.split(" ")[0]!,
};

/** Everything that the merchant, an operator, the log and the database receive while `work` runs, as text. */
async function seenOf(work: () => Promise<unknown>): Promise<string> {
  let answers: unknown;
  const log = await logOf(async () => {
    answers = await work();
  });
  await handOver(apiCallLines(log));
  return JSON.stringify([log, answers]) + (await rows.allText());
}

describe.each(providers)("errors of %s that repeat our credentials", (provider) => {
  const everything = Object.entries(shares).flatMap(([share, of]) =>
    statuses.map((status) => ({ status, share, of })),
  );
  it.each(everything)(
    `credentials echoed by ${provider} with HTTP $status ($share) reach nobody`,
    async ({ status, of }) => {
      const refunds = refundsOf(api);
      const { data } = await api.create(anOrder({ provider }));
      const before = proxies[provider].echoed();
      const echo: Echo = (request) => ({
        status,
        body: JSON.stringify(kits[provider].errorOf(of(echoedText(provider, request)))),
      });
      const seen = await seenOf(async () => {
        proxies[provider].echoes(echo);
        await world.passes(4);
        const answers: unknown[] = [
          await api.query(String(data.order_no)),
          await api.close(String(data.order_no)),
        ];
        answers.push(await api.create(anOrder({ provider })));
        const input = { order_no: paid[provider], refund_no: aRefundNo(), amount: "0.01" };
        answers.push(await refunds.ask(input), await refunds.now(input.refund_no));
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
    },
  );
});

/** The error format of AWS; the first secret is part of the error's name. */
const awsForm =
  (text: string): Echo =>
  ({ headers, body }) => ({
    status: 400,
    body: JSON.stringify({
      __type: `com.amazonaws#${text.split(" ")[0]}`,
      message: `${text} ${JSON.stringify(headers)} ${body}`,
    }),
  });

describe("secrets repeated by AWS, merchants or webhooks", () => {
  it.each(["sqs", "kms"] as const)("secrets echoed by an error of %s reach nobody", async (service) => {
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

  it("a notification's signature echoed by the merchant's endpoint is neither stored nor logged", async () => {
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
    const input = new Map([...secretsOf(shop), ["signature", signature]]);
    expect(namesIn(seen, input)).toEqual([]);
  });

  it("a webhook full of keys is refused, and no key is stored or logged", async () => {
    const all = [...secretsOf(shop).values()];
    const seen = await seenOf(async () => {
      const answers: unknown[] = [];
      // In a path or a user agent only text in the format of a key can be recognised as one.
      const marked = [shop.apiKey, shop.webhookSecret, shop.accounts.stripe!.secret_key!];
      for (const [at, provider] of providers.entries()) {
        const [key, bare] = [marked[at % marked.length]!, all[at]!];
        const signed = Object.values(kits).flatMap(({ forger }) => forger.signatureHeaders);
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
