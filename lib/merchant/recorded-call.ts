/** An API call with a valid key, as operators see it. Both bodies are JSON, redacted. */
export type RecordedCall = {
  requestId: string;
  userId: string;
  keyId: string;
  at: Date;
  method: string;
  path: string;
  httpStatus: number;
  durationMs: number;
  source: string;
  userAgent: string;
  /** The order that the answer is about. */
  orderNo: string | null;
  request: string;
  answer: string;
};

export interface Calls {
  /** Each once, however often it is told. */
  record(calls: RecordedCall[]): Promise<void>;
  /** Deletes at most `limit` of those that came before `time`, and answers how many. */
  forget(time: Date, limit: number): Promise<number>;
}
