import type { Clock } from "../../clock.ts";

/** An access token of one app. */
export type Token = { kind: "token"; accessToken: string; endsAt: Date };

export type Tokens<Failure> = {
  /** The token, or why there is none. Calls at the same time share one fetch. */
  current(): Promise<Token | Failure>;
  /** To be called when PayPal no longer takes this token; a newer one stays. */
  drop(token: Token): void;
};

/** A token is not used in the last minute of its life: the call that it is for takes time. */
const marginMs = 60_000;

/**
 * Keeps the token of one app in this process's memory, and nowhere else: it is as good as the secret. A failed fetch is
 * forgotten, so that the next call tries again.
 */
export function tokensOf<Failure extends { kind: string }>(
  clock: Clock,
  fetch: () => Promise<Token | Failure>,
): Tokens<Failure> {
  let kept: Token | undefined;
  let underWay: Promise<Token | Failure> | undefined;

  const renew = async () => {
    const said = await fetch();
    kept = isToken(said) ? said : undefined;
    return said;
  };

  return {
    async current() {
      if (kept && clock.now().getTime() < kept.endsAt.getTime() - marginMs) return kept;
      underWay ??= renew().finally(() => {
        underWay = undefined;
      });
      return underWay;
    },
    drop(token) {
      if (kept === token) kept = undefined;
    },
  };
}

function isToken<Failure extends { kind: string }>(said: Token | Failure): said is Token {
  return said.kind === "token";
}
