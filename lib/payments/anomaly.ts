/** Something that a person must check. */
export type Anomaly = {
  kind: string;
  /** Identifies this anomaly among those of its kind, of any merchant; absent: config, order and detail do. */
  identity?: readonly string[];
  userId: string;
  configId: string;
  provider: string;
  orderNo: string | null;
  detail: Record<string, unknown>;
};

export interface Anomalies {
  /** Recorded once per fact, and alarmed. */
  raise(anomaly: Anomaly, now: Date): Promise<void>;
  /** The same for what an operator made us see again: one that is on record is not counted once more. */
  raiseAgain(anomaly: Anomaly, now: Date): Promise<void>;
  /** The same for what is met over and over while it lasts: alarmed when it is new, or was resolved and has come back. */
  raiseOnce(anomaly: Anomaly, now: Date): Promise<void>;
}
