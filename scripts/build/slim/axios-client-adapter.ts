/**
 * Stands in for `@apimatic/axios-client-adapter` (and its axios, form-data and table of MIME types, 310 kB) inside
 * PayPal's SDK. The SDK only models requests for us; they go through our own client, which has the deadlines and the
 * limits.
 */
export class HttpClient {
  executeRequest(): never {
    throw new Error("PayPal's SDK must not send requests by itself");
  }
}
