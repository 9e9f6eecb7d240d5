import type { Clock } from "../../clock.ts";

/** An access token of one app. */
export type Token = { kind: "token"; accessToken: string; endsAt: Date };

type Tokens<Failure> = {
  /** The token, or why there is none. Concurrent calls share one fetch. */
  current(): Promise<Token | Failure>;
  /** To be called when PayPal no longer accepts this token; a newer cached one stays. */
  drop(token: Token): void;
};

/** A token is not used in the last minute of its life, because the call itself takes time. */
const marginMs = 60_000;

/**
 * Caches the token of one app in this process's memory, and nowhere else: it is as sensitive as the secret. A failed
 * fetch is not cached, so that the next call tries again.
 */
export function tokensOf<Failure extends { kind: string }>(
  clock: Clock,
  fetch: () => Promise<Token | Failure>,
): Tokens<Failure> {
  let cached: Token | undefined;
  let underWay: Promise<Token | Failure> | undefined;

  const renew = async () => {
    const said = await fetch();
    cached = isToken(said) ? said : undefined;
    return said;
  };

  return {
    async current() {
      if (cached && clock.now().getTime() < cached.endsAt.getTime() - marginMs) return cached;
      underWay ??= renew().finally(() => {
        underWay = undefined;
      });
      return underWay;
    },
    drop(token) {
      if (cached === token) cached = undefined;
    },
  };
}

function isToken<Failure extends { kind: string }>(said: Token | Failure): said is Token {
  return said.kind === "token";
}
