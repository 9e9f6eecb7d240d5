import type { RedisTimes } from "../../lib/redis/redis.ts";

/** For tests about what Redis answers: the usual time-outs are short, and a busy machine answers late. */
export const patient: Partial<RedisTimes> = { connectTimeoutMs: 10_000, commandTimeoutMs: 10_000 };
