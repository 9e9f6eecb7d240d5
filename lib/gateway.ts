import type { WaitingClock } from "./clock.ts";
import type { SendNotification } from "./deliveries/send-notification.ts";
import type { Locks } from "./domain/delivery.ts";
import type { SceneLife } from "./domain/scene-life.ts";
import type { WakeUps } from "./domain/wake-up.ts";
import type { Health } from "./health.ts";
import type { FailureLimit } from "./limits/failure-limit.ts";
import type { RateLimit } from "./limits/rate-limit.ts";
import type { Authenticate } from "./merchants/authenticate.ts";
import type { Configs } from "./merchants/configs.ts";
import type { PollLimiter } from "./payments/poll-limiter.ts";
import type { Database } from "./storage/database.ts";
import type { Vault } from "./vault/vault.ts";

/** What use cases work with. `open-gateway.ts` builds it once per execution environment. */
export type Gateway = {
  clock: WaitingClock;
  db: Database;
  vault: Vault;
  configs: Configs;
  wakeUps: WakeUps;
  locks: Locks;
  pollLimiter: PollLimiter;
  authenticate: Authenticate;
  rateLimit: RateLimit;
  webhookFailures: FailureLimit;
  send: SendNotification;
  /** Why notifications can never be sent to a URL, worded to follow "the URL"; `null`: they can be tried. */
  whyUnsendable(url: string): string | null;
  /** How long a payment of this scene can be paid, and whether its link can be renewed. */
  lifeOf(provider: string, scene: string): SceneLife;
  scenesOf(provider: string): readonly string[];
  /** Whether a provider notifies only about orders that we created, so that an unknown order is an anomaly. */
  notifiesOnlyOwnOrders(provider: string): boolean;
  /** Origin of our public routes. */
  publicUrl: string;
  /** Local stage only: replaces the providers' hosts by simulators on loopback. */
  baseUrls: Record<string, string>;
  /** Local stage only: hosts on loopback that notifications may be sent to. */
  loopbackEndpoints: ReadonlySet<string>;
  health(): Promise<Health>;
  /** Ends the connections; functions never do, their environment is simply ended. */
  close(): Promise<void>;
};
