/**
 * What every answer carries unless its function says otherwise: nothing of ours is a page, is kept by anybody, or sends
 * its address on. None of them names the software.
 */
const onEveryAnswer = {
  "cache-control": "no-store",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "referrer-policy": "no-referrer",
  "strict-transport-security": "max-age=31536000",
  "x-content-type-options": "nosniff",
};

/** `requestId` names the call to its caller as it does in every line that we log of it. */
export function alwaysHeaders(requestId: string): Record<string, string> {
  return { ...onEveryAnswer, /* mutation: answer-request-id */ "x-request-id": requestId };
}
