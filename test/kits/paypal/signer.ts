import { randomUUID } from "node:crypto";
import { openGateway } from "../../../lib/open-gateway.ts";
import { credentialsOf } from "../../../lib/providers/credentials.ts";
import { findConfig } from "../../../lib/storage/payment-configs.ts";
import type { Bytes, SignedCall } from "../../steps/signed-webhooks.ts";
import type { Shop, World } from "../../steps/world.ts";
import { certificatePath, signedHeaders } from "../../unit/providers/paypal/account.ts";
import { aTradeNo, inHeader, paidMinor, type Signer } from "../signer.ts";

/** `baseUrl`: the proxy in front of the simulator, which serves the certificate of the test's key. */
export async function openPaypalSigner(world: World, shop: Shop, baseUrl: string): Promise<Signer> {
  const gateway = openGateway();
  const configId = shop.configs.paypal!;
  const stored = await findConfig(gateway.db, configId);
  const { webhook_id: webhookId } = (await credentialsOf(stored!, gateway.vault)) as { webhook_id: string };

  const notified = (event_type: string, resource: object) =>
    signs(JSON.stringify({ id: `WH-${randomUUID()}`, event_type, resource }));

  function signs<Body extends Bytes>(body: Body): SignedCall<Body> {
    const time = world.clock.now().toISOString();
    const headers = signedHeaders(body, baseUrl + certificatePath, { webhookId, time }) as Record<
      string,
      string
    >;
    return { body, headers: { "content-type": "application/json", ...headers } };
  }

  return {
    path: `paypal/${configId}`,
    configId,
    input: {},
    paid: ({ orderNo, minor = paidMinor, account = shop.accounts.paypal!.account, tradeNo = aTradeNo() }) =>
      notified("PAYMENT.CAPTURE.COMPLETED", {
        id: tradeNo,
        status: "COMPLETED",
        invoice_id: orderNo,
        amount: { currency_code: "CNY", value: (minor / 100).toFixed(2) },
        payee: { merchant_id: account },
      }),
    earlier: (orderNo) =>
      notified("CHECKOUT.ORDER.APPROVED", { status: "APPROVED", purchase_units: [{ invoice_id: orderNo }] }),
    signs,
    ...inHeader("paypal-transmission-sig"),
  };
}
