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
