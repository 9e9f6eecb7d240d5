/** A verified webhook, stored together with what it settles. */
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
  /** Deletes at most `limit` events received before `time` and returns how many it deleted. */
  purge(time: Date, limit: number): Promise<number>;
}
