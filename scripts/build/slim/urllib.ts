/**
 * Stands in for `urllib` (and its undici, 522 kB) inside alipay-sdk. The SDK only signs and checks signatures for us;
 * requests go through our own client, which has the deadlines and the limits.
 */
async function request(url: string): Promise<never> {
  throw new Error(`alipay-sdk must not send requests by itself (${new URL(url).host})`);
}

export default { request };

/** The SDK makes one when it is loaded and never uses it. */
export class Agent {}

/** Exported again by the SDK; we configure no proxy. */
export class ProxyAgent {}
