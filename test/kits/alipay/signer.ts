import type { Shop, World } from "../../steps/world.ts";
import { aTradeNo, paidMinor, type Signer } from "../signer.ts";
import { alipaySignedByUs } from "./signed-notices.ts";

/** A signer with a config of its own, because the gateway does not trust the simulator for it. */
export async function openAlipaySigner(world: World, shop: Shop): Promise<Signer> {
  const ours = await alipaySignedByUs(world, shop);
  return {
    path: ours.path,
    configId: ours.configId,
    input: { config: ours.name },
    paid: ({ orderNo, minor = paidMinor, account, tradeNo = aTradeNo() }) =>
      ours.notice(orderNo, {
        total_amount: (minor / 100).toFixed(2),
        trade_no: tradeNo,
        ...(account && { app_id: account }),
      }),
    earlier: (orderNo) => ours.notice(orderNo, { trade_status: "TRADE_CLOSED", gmt_payment: "" }),
    signs: (body) => ours.call(Object.fromEntries(new URLSearchParams(body.toString()))),
    signature: ({ body }) => new URLSearchParams(body).get("sign") ?? "",
    withSignature({ body, headers }, signature) {
      const form = new URLSearchParams(body);
      if (signature === null) form.delete("sign");
      else form.set("sign", signature);
      return { body: form.toString(), headers };
    },
  };
}
