import type { IncomingHttpHeaders } from "node:http";
import { startProviderProxy } from "./provider-proxy.ts";

/** The request that an echo may repeat. */
export type EchoedRequest = { headers: IncomingHttpHeaders; body: string };
/** Makes the response that repeats parts of a request, including secrets. */
export type Echo = (request: EchoedRequest) => { status: number; body: string };

/** A proxy that forwards every request, or, while an echo is set, answers with the echo and forwards nothing. */
export async function startEchoingProxy(target: string) {
  let echo: Echo | undefined;
  let echoed = 0;
  const proxy = await startProviderProxy(target, {
    onRequest({ headers, body }) {
      if (!echo) return undefined;
      echoed += 1;
      const said = echo({ headers, body: body.toString() });
      return { ...said, headers: { "content-type": "application/json" } };
    },
  });
  return {
    ...proxy,
    /** Sets the echo; `undefined` forwards again. */
    echoes(how: Echo | undefined): void {
      echo = how;
    },
    /** How many requests were answered with an echo. */
    echoed: () => echoed,
  };
}

export type EchoingProxy = Awaited<ReturnType<typeof startEchoingProxy>>;
