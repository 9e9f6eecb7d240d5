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
