import { describe, expect, it } from "vitest";
import { atTheSimulator } from "./simulated.ts";

// AppIDs are bound to a merchant number (pay.weixin.qq.com, AppID账号管理): the money reaches the merchant with any of them.
describe("WeChat Pay orders of a former AppID", () => {
  async function replaced() {
    const { paid, open, control, credentials, ...rest } = await atTheSimulator();
    const payment = await paid();
    const { body } = await control("bind-app", { account: credentials.mch_id });
    return {
      ...rest,
      payment,
      open,
      appId: body.app_id,
      former: credentials.app_id,
      mchId: credentials.mch_id,
    };
  }

  it("a WeChat Pay order of a former AppID is paid to the same account if the config keeps that AppID", async () => {
    const { payment, open, appId, former, mchId } = await replaced();
    const adapter = open({ app_id: appId, former_app_ids: [former] });
    expect(await adapter.fetchPayment(payment)).toMatchObject([{ kind: "paid", account: mchId }]);
  });

  it("a WeChat Pay order of a former AppID is another account's if the config does not have that AppID", async () => {
    const { payment, open, appId, former } = await replaced();
    for (const existing of [{}, { former_app_ids: [] }, { former_app_ids: ["wx0000000000000000"] }]) {
      const said = await open({ app_id: appId, ...existing }).fetchPayment(payment);
      expect(said).toMatchObject([{ kind: "paid", account: former }]);
    }
  });

  it("a WeChat Pay order of a former AppID can be closed, and new orders use the new AppID", async () => {
    const { open, appId, former, order, start, sent } = await replaced();
    const input = order({ orderNo: "UNI20251123120000ABCDEFGHJKMNPQS" });
    await start(input);
    const adapter = open({ app_id: appId, former_app_ids: [former] });
    expect(await adapter.fetchPayment(input)).toMatchObject([{ kind: "open" }]);
    expect(await adapter.close!(input)).toMatchObject([{ kind: "closed" }]);
    const next = { ...input, orderNo: "UNI20251123120000ABCDEFGHJKMNPQT" };
    const prepared = adapter.prepare({
      ...next,
      notifyUrl: "https://pay.example/n",
      buyerReturnUrl: "",
      extraParams: {},
    });
    expect(await adapter.createPayment(next, prepared, "key")).toMatchObject({ kind: "payable" });
    expect((await sent()).appid).toBe(appId);
  });
});
