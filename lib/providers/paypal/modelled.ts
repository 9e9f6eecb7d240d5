import { Client, OrdersController, PaymentsController } from "@paypal/paypal-server-sdk";

/** A request as PayPal's SDK would send it, without host and credentials. Header names are lower-case. */
export type ModelledRequest = {
  method: "GET" | "POST";
  /** Includes the query. */
  path: string;
  headers: Record<string, string>;
  body?: string;
};

export type Sdk = { orders: OrdersController; payments: PaymentsController };

/** Shared by all merchants: it holds no credentials, and only an empty token. */
const client = new Client({
  clientCredentialsAuthCredentials: {
    oAuthClientId: "",
    oAuthClientSecret: "",
    oAuthToken: { accessToken: "", tokenType: "Bearer" },
  },
});

/**
 * Lets PayPal's SDK build one request (names, path, encoding) and stops it before sending. The SDK's own sending has no
 * deadline, follows redirects, and refuses every later call after one failed token call; its errors carry credentials.
 * Rejects when the SDK finds the arguments wrong.
 */
export function modelled(call: (sdk: Sdk) => Promise<unknown>): Promise<ModelledRequest> {
  const { promise, resolve, reject } = Promise.withResolvers<ModelledRequest>();
  const factory = client.getRequestBuilderFactory();
  const stopping: typeof factory = (...route) => {
    const builder = factory(...route);
    builder.intercept(({ method, url, headers = {}, body }) => {
      if (method !== "GET" && method !== "POST") throw new Error(`${method} is not used`);
      if (body && body.type !== "text") throw new Error(`a ${body.type} body is not used`);
      const { pathname, search } = new URL(url);
      const { authorization: _, ...named } = Object.fromEntries(
        Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
      );
      const content = body ? { body: String(body.content) } : {};
      resolve({ method, path: pathname + search, headers: named, ...content });
      throw new Error("modelled, not to be sent");
    });
    return builder;
  };
  const controlled = { getRequestBuilderFactory: () => stopping };
  const sdk = { orders: new OrdersController(controlled), payments: new PaymentsController(controlled) };
  // Once the promise is resolved, the deliberate rejection has no effect.
  call(sdk).catch(reject);
  return promise;
}
