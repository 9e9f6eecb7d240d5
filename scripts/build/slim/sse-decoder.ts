/** Stands in for `sse-decoder` inside alipay-sdk: we read no event streams. */
export const Stream = {
  fromReadableStream(): never {
    throw new Error("event streams through alipay-sdk are not bundled");
  },
};
