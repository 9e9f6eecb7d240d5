import { wrapped } from "../lib/http/endpoint.ts";
import { returnAnswer } from "../lib/http/return-answer.ts";
import { openGateway } from "../lib/open-gateway.ts";
import { returnBuyer } from "../lib/payments/return-buyer.ts";

export const handler = wrapped(async ({ pathParameters }) => {
  const { provider = "", order_no = "" } = pathParameters ?? {};
  return returnAnswer(await returnBuyer(openGateway(), provider, order_no));
});
