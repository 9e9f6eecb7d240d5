/** An API call with a valid key, as operators see it. Both bodies are JSON, redacted. */
export type ApiCall = {
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
  /** Stores each call once, however often its log line is delivered. */
  record(calls: ApiCall[]): Promise<void>;
  /** Deletes at most `limit` calls made before `time` and returns how many it deleted. */
  purge(time: Date, limit: number): Promise<number>;
}
