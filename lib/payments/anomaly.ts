/** Something that a person must check. */
export type Anomaly = {
  kind: string;
  /** Unique key among anomalies of this kind, of any merchant. Default: config, order and detail. */
  identity?: readonly string[];
  userId: string;
  configId: string;
  provider: string;
  orderNo: string | null;
  detail: Record<string, unknown>;
};

export interface Anomalies {
  /** Records an anomaly once per fact and logs an alarm. */
  raise(anomaly: Anomaly, now: Date): Promise<void>;
  /** As `raise`, for events that an operator replays: an anomaly that is already recorded is not counted again. */
  raiseAgain(anomaly: Anomaly, now: Date): Promise<void>;
  /** As `raise`, for a lasting condition: alarms only if the anomaly is new, or was resolved and has returned. */
  raiseOnce(anomaly: Anomaly, now: Date): Promise<void>;
}
