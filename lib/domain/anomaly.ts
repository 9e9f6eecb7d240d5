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
  /** Reported by an operator's replay of an event: if it is already recorded, it has not occurred again. */
  isReplay?: boolean;
};
