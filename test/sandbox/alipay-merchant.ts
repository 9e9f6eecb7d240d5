import { AlipaySdk, type AlipaySdkCommonResult } from "alipay-sdk";
import { toBeijing } from "../../scripts/sandbox/alipay/beijing-time.ts";
import type { TestSandbox } from "./sandbox.ts";

/** A merchant that uses Alipay's own SDK. */
export type AlipayMerchant = {
  sdk: AlipaySdk;
  appId: string;
  sellerId: string;
  /** A signed pay URL, as the gateway gives it to a buyer. */
  payUrl(input?: { biz?: object; notifyUrl?: string; returnUrl?: string; timestamp?: string }): string;
  /** Calls a method through the SDK, which verifies the answer's signature. */
  call(method: string, biz: object): Promise<AlipaySdkCommonResult>;
};

/** Opens an account and gives its credentials to the SDK. */
export async function anAlipayMerchant(sandbox: TestSandbox): Promise<AlipayMerchant> {
  const { body: account } = await sandbox.control("alipay", "accounts");
  const sdk = new AlipaySdk({
    appId: account.app_id ?? "",
    privateKey: account.private_key ?? "",
    keyType: "PKCS8",
    alipayPublicKey: account.public_key,
    gateway: `${sandbox.simulators.alipay}/gateway.do`,
  });
  const now = () => toBeijing(sandbox.clock.now());
  return {
    sdk,
    appId: account.app_id ?? "",
    sellerId: account.seller_id ?? "",
    payUrl({ biz = {}, timestamp = now(), ...urls } = {}) {
      const bizContent = {
        out_trade_no: "ORDER1",
        total_amount: "12.34",
        subject: "茶 <b>tea",
        body: "a & b",
        product_code: "FAST_INSTANT_TRADE_PAY",
        ...biz,
      };
      return sdk.pageExecute("alipay.trade.page.pay", "GET", { bizContent, timestamp, ...urls });
    },
    call: (method, biz) => sdk.exec(method, { bizContent: biz, timestamp: now() }, { validateSign: true }),
  };
}
