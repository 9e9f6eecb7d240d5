/**
 * Stands in for `superagent` (and its parsers of forms and queries, some 250 kB) inside wechatpay-node-v3. The SDK only
 * signs for us; requests go through our own client, which has the deadlines and the limits.
 */
function send(url: string): never {
  throw new Error(`wechatpay-node-v3 must not send requests by itself (${new URL(url).host})`);
}

export default { get: send, post: send };
