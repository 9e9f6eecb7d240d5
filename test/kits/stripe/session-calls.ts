import type { SimulatorControl } from "../../steps/simulator.ts";

/** The calls to Stripe's simulator that create a session for an `out_trade_no`. */
export async function sessionCalls(stripe: SimulatorControl, outTradeNo: unknown) {
  return (await stripe.calls()).filter(
    ({ method, path, body }) =>
      method === "POST" && path === "/v1/checkout/sessions" && body.includes(String(outTradeNo)),
  );
}
