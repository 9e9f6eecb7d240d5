import { describe, expect, it } from "vitest";
import { refusals } from "../../lib/providers/alipay/refusals.ts";
import { namedCalls } from "../../scripts/sandbox/alipay/named-calls.ts";
import { firstLevelOf } from "../../scripts/sandbox/alipay/refusal-codes.ts";
import { codeDifferences } from "./code-differences.ts";

// Both lists were written independently from alipay/alipay-sdk-php-all@d95249a v3/src/Model and
// opendocs.alipay.com/common/02km9f.
describe("Alipay simulator: refusal codes", () => {
  it("the Alipay simulator's refusal codes of each call equal those of the adapter's table", () => {
    expect(codeDifferences(namedCalls, refusals)).toEqual([]);
  });

  // Sizes of AlipayTrade…ErrorResponseModel.php: precreate 40, create 49, pay 95, together 106.
  it.each([
    ["create", 106],
    ["query", 4],
    ["close", 6],
    ["refund", 31],
    ["refund_query", 5],
  ])("the Alipay simulator's list for %s has the %i business codes of Alipay's models", (call, count) => {
    const codes = namedCalls[call]!.filter((code) => /^(?:ACQ\.|TRADE_)/.test(code));
    expect(new Set(codes).size).toBe(count);
    expect(codes).toHaveLength(count);
  });

  // The page's editions of 2015, 2020 and later; isv.not-online-app: aspnet-contrib/AspNet.Security.OAuth.Providers.
  it.each([
    ["isp.unknow-error", "20000"],
    ["aop.ACQ.SYSTEM_ERROR", "20000"],
    ["aop.app-auth-token-time-out", "20001"],
    ["isv.missing-default-signature-type", "40001"],
    ["isv.missing-app-access-token", "40001"],
    ["isv.missing-session", "40001"],
    ["isv.invalid-signature", "40002"],
    ["isv.suspected-attack", "40002"],
    ["isv.missing-signature-config", "40003"],
    ["isv.invalid-auth-relations", "40003"],
    ["isv.not-online-app", "40003"],
    ["ACQ.TRADE_NOT_EXIST", "40004"],
    ["isv.app-call-limited", "40005"],
    ["isv.app-api-punished", "40006"],
  ])("the Alipay simulator answers sub_code %s with code %s", (subCode, code) => {
    expect(firstLevelOf(subCode)).toBe(code);
  });
});
