import { httpHandler } from "../lib/http/http-handler.ts";
import { returnAnswer } from "../lib/http/return-page.ts";
import { openGateway } from "../lib/open-gateway.ts";
import { returnBuyer } from "../lib/payments/return-buyer.ts";

export const handler = httpHandler(async ({ pathParameters }) => {
  const { provider = "", order_no = "" } = pathParameters ?? {};
  return returnAnswer(await returnBuyer(openGateway(), provider, order_no));
});
