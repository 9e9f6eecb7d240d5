import type * as z from "zod";
import type { Caller } from "../domain/caller.ts";
import type { Gateway } from "../gateway.ts";
import { openGateway } from "../open-gateway.ts";
import type { Contract } from "./contract.ts";
import { notFound, succeeded, withinQuota } from "./envelope.ts";
import { httpHandler } from "./http-handler.ts";
import { parseInput } from "./parse-input.ts";
import { sourceNetwork } from "./source-network.ts";

/** One route: its contract and the use case behind it. */
export type Endpoint = {
  contract: Contract;
  run(gateway: Gateway, caller: Caller, input: unknown): Promise<unknown>;
};

export function endpoint<Input extends z.ZodObject, Answer extends z.ZodType>(
  contract: Contract<Input, Answer>,
  run: (gateway: Gateway, caller: Caller, input: z.output<Input>) => Promise<z.input<Answer>>,
): Endpoint {
  return { contract, run: (gateway, caller, input) => run(gateway, caller, input as z.output<Input>) };
}

/** Handler of a function that serves these routes: authenticate, rate-limit, parse, run the use case, wrap the answer. */
export function serve(...endpoints: Endpoint[]) {
  return httpHandler(async (event) => {
    const found = endpoints.find(({ contract }) => contract.route === event.routeKey);
    if (!found) throw notFound();
    const gateway = openGateway();
    const { requestId, http } = event.requestContext;
    const { scope, limit = "calls" } = found.contract;
    const caller = await gateway.authenticate(
      event.headers["x-api-key"],
      scope,
      // mutation: key-failures-source
      sourceNetwork(http.sourceIp),
    );
    const quota = await gateway.rateLimit(caller, limit);
    return withinQuota(quota, requestId, async () => {
      const input = parseInput(found.contract, event);
      const answer = found.contract.answer.parse(await found.run(gateway, caller, input));
      return succeeded(answer, requestId);
    });
  });
}
