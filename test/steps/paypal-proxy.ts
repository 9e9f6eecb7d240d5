import { certificatePath, signer } from "../unit/providers/paypal/account.ts";
import { startProviderProxy } from "./provider-proxy.ts";

/** A proxy in front of PayPal's simulator that also serves the certificate of the test's own signing key. */
export async function startPaypalProxy(target: string) {
  const certificate = { status: 200, headers: {}, body: signer.certificatePem };
  const proxy = await startProviderProxy(target, {
    onRequest: ({ path }) => (path === certificatePath ? certificate : undefined),
  });
  return { ...proxy, certUrl: proxy.url + certificatePath };
}
