import { describe, expect, it } from "vitest";
import { atTheSimulator } from "./simulated.ts";

/** AppIDs are bound to a merchant number (pay.weixin.qq.com, AppID账号管理): the money is the merchant's whichever is named. */
describe("an order that was made with a former AppID of the same WeChat Pay merchant", () => {
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

  it("is paid to the same account when the config keeps the former AppID", async () => {
    const { payment, open, appId, former, mchId } = await replaced();
    const adapter = open({ app_id: appId, former_app_ids: [former] });
    expect(await adapter.look(payment)).toMatchObject([{ kind: "paid", account: mchId }]);
  });

  it("is another account's when the config does not know that AppID", async () => {
    const { payment, open, appId, former } = await replaced();
    for (const known of [{}, { former_app_ids: [] }, { former_app_ids: ["wx0000000000000000"] }]) {
      const said = await open({ app_id: appId, ...known }).look(payment);
      expect(said).toMatchObject([{ kind: "paid", account: former }]);
    }
  });

  it("can be closed, and new orders are made with the new AppID", async () => {
    const { open, appId, former, order, start, sent } = await replaced();
    const wanted = order({ orderNo: "UNI20251123120000ABCDEFGHJKMNPQS" });
    await start(wanted);
    const adapter = open({ app_id: appId, former_app_ids: [former] });
    expect(await adapter.look(wanted)).toMatchObject([{ kind: "open" }]);
    expect(await adapter.close!(wanted)).toMatchObject([{ kind: "closed" }]);
    const next = { ...wanted, orderNo: "UNI20251123120000ABCDEFGHJKMNPQT" };
    const prepared = adapter.prepare({
      ...next,
      notifyUrl: "https://pay.example/n",
      buyerReturnUrl: "",
      extraParams: {},
    });
    expect(await adapter.start(next, prepared, "key")).toMatchObject({ kind: "payable" });
    expect((await sent()).appid).toBe(appId);
  });
});
