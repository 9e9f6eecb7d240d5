/** A verified webhook, to be stored with whatever it settles. */
export type EventRecord = {
  configId: string;
  userId: string;
  provider: string;
  eventId: string;
  eventType: string;
  encryptedBody: string | null;
  at: Date;
};

/** A webhook as it was recorded. */
export type StoredEvent = EventRecord & { id: string; orderNo: string | null; times: number };

export interface WebhookEvents {
  record(event: EventRecord, orderNo: string | null): Promise<void>;
  /** Deletes at most `limit` of those that came before `time`, and answers how many. */
  purge(time: Date, limit: number): Promise<number>;
}
