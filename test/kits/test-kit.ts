import type { Forger } from "../attack/attempt.ts";
import type { Parser } from "../properties/parsers/parser.ts";
import type { Shop, World } from "../steps/world.ts";
import type { ContractTable } from "./contract-table.ts";
import type { Signer } from "./signer.ts";

/** A proxy in front of a simulator that also serves what the gateway needs to verify the test's signatures. */
export type SigningProxy = { url: string; stop(): void };

/** Everything that shared tests know of one provider: the export `kit` of `<name>/kit.ts`. */
export type TestKit = {
  /** What the contract suite expects. */
  contract: ContractTable;
  /** The fields of its credentials that others may see; every other text is a secret. */
  publicFields: readonly string[];
  /** Whether our calls carry a credential in the Authorization header. */
  authorizes: boolean;
  /** What an operator enters by hand where the gateway did not register its webhook. Absent: nothing is registered. */
  webhookByHand?: Record<string, string>;
  /** Changes that make its sandbox credentials live, so that real money would move. Absent: it has no sandbox. */
  liveCredentials?: Record<string, unknown>;
  /** Wrong changes of its credentials, and what the refusal of `config set` says. */
  wrongConfigs: readonly (readonly [name: string, changes: Record<string, string>, says: RegExp])[];
  /** Its format of an error response, with this text in every member. */
  errorOf(text: string): object;
  /** An order of 100.00 is refunded in the dashboard, and the webhook is lost: what the next poll reveals. */
  dashboardRefund: {
    amount: string;
    /** The sum in minor units that is then known. */
    refunded: string;
    /** The kinds of anomalies. */
    raised: readonly string[];
    /** Whether a poll reveals the amount of a partial refund. */
    tellsPart: boolean;
  };
  /** The age up to which a replayed paid event needs no fetch beside it. Absent: it always needs one. */
  replaySeconds?: number;
  /** It has no payment of 0, so that the amount of a signed event that claims one cannot be read. */
  zeroIsUnreadable?: true;
  /** The least amount, in minor units, of a session that the buyer opens without us (`_sim/payment-link`). Absent: none. */
  externalSessionFrom?: number;
  /** Captures a payment as the gateway does and records nothing, like a process that dies after the call. */
  captureAndDie?(simulatorUrl: string, account: Record<string, string>, paymentId: string): Promise<void>;
  /** Absent: the gateway needs nothing else to verify the test's signatures. */
  startSigningProxy?(simulatorUrl: string): Promise<SigningProxy>;
  /** `baseUrl`: the URL that the gateway uses for the provider. */
  openSigner(world: World, shop: Shop, baseUrl: string): Promise<Signer>;
  /** What an attacker without secrets can send to its webhook. */
  forger: Forger;
  /** Parsers of its answers, webhooks and credentials. Loaded on demand, because they load all of its adapter. */
  parsers(): Promise<readonly Parser[]>;
};
