import { describe, expect, it } from "vitest";
import { localServer, type Reply } from "../../outbound/local-server.ts";
import { gatewayAnswer, openAlipay, ours, pem, rawCredentials, refusal } from "./keys.ts";

const method = "alipay.trade.query";
const probed = async (reply: Reply, changes: Parameters<typeof openAlipay>[0] = {}) =>
  openAlipay({ baseUrl: (await localServer(() => reply)).url, ...changes }).probe?.();
const signedNo = (code: string, topCode = "40002") => gatewayAnswer(refusal(code, topCode), method);
const unsigned = (code: string) => ({
  body: JSON.stringify({ error_response: { code: "40002", sub_code: code } }),
});

describe("Alipay probe", () => {
  it("the Alipay probe sends a signed query for a trade that cannot exist", async () => {
    const server = await localServer(() => signedNo("ACQ.TRADE_NOT_EXIST", "40004"));
    expect(await openAlipay({ baseUrl: server.url }).probe?.()).toBeNull();
    const biz = JSON.parse(new URLSearchParams(server.calls[0]?.body).get("biz_content") ?? "");
    expect(biz.out_trade_no).toMatch(/^UNI0{29}$/);
    expect(new URL(server.calls[0]?.path ?? "", server.url).searchParams.get("sign")).toBeTruthy();
  });

  it("the Alipay probe passes on any signed success", async () => {
    expect(await probed(gatewayAnswer({ code: "10000" }, method))).toBeNull();
  });

  it.each([
    ["an unknown application", unsigned("isv.invalid-app-id"), /app_id.*is_production/],
    ["an unknown application, signed", signedNo("isv.invalid-app-id"), /app_id/],
    ["a wrong private key", signedNo("isv.invalid-signature"), /private_key/],
    ["a wrong private key, unsigned", unsigned("isv.invalid-signature"), /private_key/],
    ["a missing product", signedNo("isv.insufficient-isv-permissions", "40006"), /product/],
    ["another refusal", signedNo("isv.app-call-limited", "40005"), /isv\.app-call-limited/],
    ["Alipay's own trouble", signedNo("isp.unknow-error", "20000"), /could not be tried/],
    ["an answer that is not signed", { body: "{}" }, /could not be tried/],
    ["HTTP 503", { status: 503 }, /could not be tried.*503/],
    ["no answer", "reset", /could not be tried/],
  ] satisfies [string, Reply, RegExp][])(
    "the Alipay probe says what is wrong: %s",
    async (_title, reply, words) => {
      expect(await probed(reply)).toMatch(words);
    },
  );

  it("the Alipay probe distinguishes a wrong public key from a missing signature", async () => {
    const good = gatewayAnswer(refusal("ACQ.TRADE_NOT_EXIST"), method);
    const forged = { body: String(good.body).replace(/"sign":"..../, '"sign":"AAAA') };
    expect(await probed(forged)).toMatch(/^public_key .*支付宝公钥/);
    expect(await probed({ body: String(good.body).replace(/,"sign":.*/, "}") })).toMatch(
      /could not be tried/,
    );
  });

  it("the Alipay probe's message contains no key", async () => {
    const said = await probed(signedNo("isv.invalid-signature"));
    for (const key of [rawCredentials.private_key, pem(ours.publicKey, "spki")])
      expect(said).not.toContain(key.slice(40, 80));
  });
});
