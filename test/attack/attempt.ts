/** One request as somebody outside sends it. */
export type Attempt = {
  /** What is tried, in a few words; the same words for the same trick. */
  kind: string;
  method: string;
  /** The request target, as it stands in the first line. */
  target: string;
  headers: Record<string, string>;
  body: Buffer<ArrayBuffer>;
  /** Sent as they are over a connection of their own, in place of all the rest. */
  bytes?: Buffer;
  /** A status below 400 is no wonder: what is asked for is public, or the caller's own. */
  mayBeAnswered?: boolean;
};

/** A webhook that nobody may believe. */
export type Forgery = {
  kind: string;
  headers: Record<string, string>;
  body: string | Buffer<ArrayBuffer>;
};
