import type { TestKit } from "../test-kit.ts";

export const captureAndDie: NonNullable<TestKit["captureAndDie"]> = async (
  simulatorUrl,
  { client_id, secret },
  paymentId,
) => {
  const basic = Buffer.from(`${client_id}:${secret}`).toString("base64");
  const response = await fetch(`${simulatorUrl}/v1/oauth2/token`, {
    method: "POST",
    headers: { authorization: `Basic ${basic}`, "content-type": "application/x-www-form-urlencoded" },
    body: "grant_type=client_credentials",
  });
  const { access_token } = (await response.json()) as { access_token: string };
  const headers = { authorization: `Bearer ${access_token}`, "content-type": "application/json" };
  const captured = await fetch(`${simulatorUrl}/v2/checkout/orders/${paymentId}/capture`, {
    method: "POST",
    headers: { ...headers, "paypal-request-id": paymentId },
    body: "{}",
  });
  if (captured.status !== 201) throw new Error(`the capture was answered with ${captured.status}`);
};
