import { GatewayError } from "../errors.ts";
import type { Gateway } from "../gateway.ts";
import { currentInvocation } from "../invocation.ts";
import { log } from "../log.ts";
import { notifySecretContext } from "../merchants/notify-secrets.ts";
import { webhookBodyContext } from "../payments/webhook-body.ts";
import { credentialContext } from "../providers/credentials.ts";
import { saveNotifySecrets, secretsAfter } from "../storage/merchants.ts";
import { encryptedConfigsAfter, saveReencrypted } from "../storage/payment-configs.ts";
import { bodiesAfter, saveBody } from "../storage/webhook-events.ts";

/** An encrypted text of one row. `save` replaces it only if the row still holds exactly this text (compare-and-set). */
type EncryptedText = {
  id: string;
  text: string;
  context: Record<string, string>;
  save(encrypted: string): Promise<boolean>;
};

/** Reads up to `limit` texts of one column with ids greater than `after`, ordered by id. */
type EncryptedColumn = (gateway: Gateway, after: string, limit: number) => Promise<EncryptedText[]>;

/** Every encrypted column, in the order in which they are processed. */
const columns = {
  configs: async ({ db, clock }, after, limit) =>
    (await encryptedConfigsAfter(db, after, limit)).map((config) => ({
      id: config.id,
      text: config.data,
      context: credentialContext(config),
      save: (encrypted) => saveReencrypted(db, config, encrypted, clock.now()),
    })),
  merchants: async ({ db, clock }, after, limit) =>
    (await secretsAfter(db, after, limit)).map(({ userId, secrets }) => ({
      id: userId,
      text: secrets,
      context: notifySecretContext(userId),
      save: (encrypted) => saveNotifySecrets(db, { userId, before: secrets }, encrypted, clock.now()),
    })),
  webhooks: async ({ db }, after, limit) =>
    (await bodiesAfter(db, after, limit)).map((event) => ({
      id: event.id,
      text: event.encryptedBody,
      context: webhookBodyContext(event),
      save: (encrypted) => saveBody(db, event, encrypted),
    })),
} satisfies Record<string, EncryptedColumn>;

export type EncryptedColumnName = keyof typeof columns;
export const columnNames = Object.keys(columns) as [EncryptedColumnName, ...EncryptedColumnName[]];

/** Where to resume: with the first row after this one. */
export type Cursor = { column: EncryptedColumnName; after: string };

export type Reencrypted = Record<EncryptedColumnName, number> & {
  /** Rows that changed since they were read: the writer has already encrypted them under the newest key. */
  skipped: number;
  /** Rows whose text cannot be decrypted; they are left unchanged. */
  unreadable: { column: EncryptedColumnName; id: string }[];
  next: Cursor | null;
};

const pageSize = 50;
/** Milliseconds before Lambda ends the invocation at which no further row is begun. */
const reserveMs = 15_000;
const mostNamed = 100;

/**
 * Re-encrypts every text under the newest key, row by row with compare-and-set. It may run at any time, concurrently
 * and repeatedly; if it is interrupted, each row is encrypted under either the old or the new key.
 */
export async function reencrypt(gateway: Gateway, from: Cursor): Promise<Reencrypted> {
  const done: Reencrypted = { configs: 0, merchants: 0, webhooks: 0, skipped: 0, unreadable: [], next: from };
  for (const column of columnNames.slice(columnNames.indexOf(from.column))) {
    if (column !== from.column) done.next = { column, after: "0" };
    while (done.next) {
      const page = await columns[column](gateway, done.next.after, pageSize);
      if (page.length === 0) break;
      for (const encrypted of page) {
        if (currentInvocation().remainingMs() < reserveMs) return done;
        await encryptAgain(gateway, column, encrypted, done);
        done.next = { column, after: encrypted.id };
      }
    }
  }
  return { ...done, next: null };
}

async function encryptAgain(
  { vault }: Gateway,
  column: EncryptedColumnName,
  { id, text, context, save }: EncryptedText,
  done: Reencrypted,
): Promise<void> {
  const plain = await vault.open(text, context).catch(passing);
  if (plain === null) {
    log.warn("encrypted text cannot be decrypted", { kind: context.field, event: `${column} ${id}` });
    if (done.unreadable.length < mostNamed) done.unreadable.push({ column, id });
  } else if (await save(await vault.encrypt(plain, context))) done[column] += 1;
  else done.skipped += 1;
}

/** An unavailable key service (a `GatewayError`) ends the run; any other error means that this text is unreadable. */
function passing(error: unknown): null {
  if (error instanceof GatewayError) throw error;
  return null;
}
