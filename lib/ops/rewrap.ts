import { GatewayError } from "../errors.ts";
import { currentInvocation } from "../invocation.ts";
import { log } from "../log.ts";
import { type Gateway, notifySecretContext, webhookBodyContext } from "../open-gateway.ts";
import { credentialContext } from "../providers/credentials.ts";
import { bodiesAfter, saveBody } from "../storage/webhook-events.ts";

/** One text in the database; `save` stores another only over exactly this one. */
type SealedText = {
  id: string;
  text: string;
  context: Record<string, string>;
  save(sealed: string): Promise<boolean>;
};

/** The texts of one kind behind an id, in the order of their ids. */
type Shelf = (gateway: Gateway, after: string, limit: number) => Promise<SealedText[]>;

/** Everything that is sealed, in the order in which it is gone through. */
const shelves = {
  configs: async ({ configRows, clock }, after, limit) =>
    (await configRows.sealedAfter(after, limit)).map((config) => ({
      id: config.id,
      text: config.data,
      context: credentialContext(config),
      save: (sealed) => configRows.reseal(config, sealed, clock.now()),
    })),
  merchants: async ({ merchants, clock }, after, limit) =>
    (await merchants.secretsAfter(after, limit)).map(({ userId, secrets }) => ({
      id: userId,
      text: secrets,
      context: notifySecretContext(userId),
      save: (sealed) => merchants.saveNotifySecrets(userId, secrets, sealed, clock.now()),
    })),
  webhooks: async ({ db }, after, limit) =>
    (await bodiesAfter(db, after, limit)).map((event) => ({
      id: event.id,
      text: event.sealedBody,
      context: webhookBodyContext(event),
      save: (sealed) => saveBody(db, event, sealed),
    })),
} satisfies Record<string, Shelf>;

export type ShelfName = keyof typeof shelves;
export const shelfNames = Object.keys(shelves) as [ShelfName, ...ShelfName[]];

/** Where a pass goes on: behind this row. */
export type Bookmark = { shelf: ShelfName; after: string };

export type Rewrapped = Record<ShelfName, number> & {
  /** Changed by somebody else meanwhile, and so sealed anew by them. */
  skipped: number;
  /** What does not open; it is left as it is. */
  unreadable: { shelf: ShelfName; id: string }[];
  next: Bookmark | null;
};

const pageSize = 50;
/** What is begun is finished well before the platform ends the invocation, in milliseconds. */
const reserveMs = 15_000;
const mostNamed = 100;

/**
 * Seals everything anew under the newest key, over exactly what was read. It may be done at any time, by several at once
 * and again; what is cut off half-way is whole, each row under the one key or the other.
 */
export async function rewrap(gateway: Gateway, from: Bookmark): Promise<Rewrapped> {
  const done: Rewrapped = { configs: 0, merchants: 0, webhooks: 0, skipped: 0, unreadable: [], next: from };
  for (const shelf of shelfNames.slice(shelfNames.indexOf(from.shelf))) {
    if (shelf !== from.shelf) done.next = { shelf, after: "0" };
    while (done.next) {
      const page = await shelves[shelf](gateway, done.next.after, pageSize);
      if (page.length === 0) break;
      for (const sealed of page) {
        if (currentInvocation().remainingMs() < reserveMs) return done;
        await sealAnew(gateway, shelf, sealed, done);
        done.next = { shelf, after: sealed.id };
      }
    }
  }
  return { ...done, next: null };
}

async function sealAnew(
  { vault }: Gateway,
  shelf: ShelfName,
  { id, text, context, save }: SealedText,
  done: Rewrapped,
): Promise<void> {
  const plain = await vault.open(text, context).catch(passing);
  if (plain === null) {
    log.warn("sealed text does not open", { kind: context.field, event: `${shelf} ${id}` });
    if (done.unreadable.length < mostNamed) done.unreadable.push({ shelf, id });
  } else if (await save(await vault.seal(plain, context))) done[shelf] += 1;
  else done.skipped += 1;
}

/** A key service that is away ends the pass; what does not open stays behind. */
function passing(error: unknown): null {
  if (error instanceof GatewayError) throw error;
  return null;
}
