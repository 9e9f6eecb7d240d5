/** One request of the attack. */
export type Attempt = {
  /** A short name of the trick. */
  kind: string;
  method: string;
  /** The request target, as written in the request line. */
  target: string;
  headers: Record<string, string>;
  body: Buffer<ArrayBuffer>;
  /** If present, these bytes are sent over a TCP connection instead of the request described by the other fields. */
  bytes?: Buffer;
  /** A status below 400 is correct, because the requested data is public or the caller's own. */
  mayBeAnswered?: boolean;
};

/** A webhook that must be refused. */
export type Forgery = {
  kind: string;
  headers: Record<string, string>;
  body: string | Buffer<ArrayBuffer>;
};
