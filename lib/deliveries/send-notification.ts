import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { log, nameOf } from "../log.ts";
import { isLoopback } from "../loopback.ts";
import { OutboundError } from "../outbound/outbound-error.ts";
import { type OutboundAnswer, request } from "../outbound/request.ts";
import { addressNotAllowed, checkedConnection, type Resolve } from "./checked-connection.ts";
import { printableAnswer } from "./printable-answer.ts";
import { isPublicUnicast } from "./public-address.ts";

/** One notification as it goes out: where to, the signed headers, the exact text of the body. */
export type Delivery = { url: string; headers: Record<string, string>; payload: string };

/** The outcome of one send. */
export type DeliveryOutcome = {
  /** `gone`: the merchant wants nothing more at this URL. */
  outcome: "received" | "gone" | "failed";
  /** `null`: no answer. */
  httpStatus: number | null;
  /** Why the attempt failed, or the first 4 KiB of the response as redacted, printable text. */
  answer: string;
};

/** Sends a notification once; never throws. */
export type SendNotification = (delivery: Delivery) => Promise<DeliveryOutcome>;

export type SendLimits = {
  /** Time to connect, including DNS and TLS. */
  connectMs: number;
  /** Time from the start to the last byte of the response. */
  totalMs: number;
};

export type NotificationSenderOptions = {
  /** `host:port` of loopback endpoints, which may also be plain http; empty except on a developer's machine. */
  loopbackEndpoints: ReadonlySet<string>;
  resolve?: Resolve;
  limits?: SendLimits;
  request?: typeof request;
};

const longestUrl = 2048;
const longestAnswerBytes = 65_536;
const userAgent = "Uni-Pay-Notifications/1.0";

/** A sender that connects to public addresses only, whatever a merchant's URL, DNS or server returns. */
export function notificationSender({
  loopbackEndpoints,
  resolve = resolveByDns,
  limits = { connectMs: 3_000, totalMs: 10_000 },
  request: ask = request,
}: NotificationSenderOptions): SendNotification {
  return async (delivery) => {
    const why = whyUnsendable(delivery.url, loopbackEndpoints);
    // mutation: notify-url-checked
    if (why !== null) return failed(`not sent: the URL ${why}`);
    const url = new URL(delivery.url);
    try {
      const answer = await ask({
        method: "POST",
        url,
        headers: { ...delivery.headers, "content-type": "application/json", "user-agent": userAgent },
        body: delivery.payload,
        connectTimeoutMs: limits.connectMs,
        deadlineMs: limits.totalMs,
        maxBodyBytes: longestAnswerBytes,
        ...checkedConnection(addressRule(url, loopbackEndpoints), resolve),
      });
      return judged(answer, delivery);
    } catch (error) {
      if (error instanceof OutboundError) return unfinished(error, limits);
      log.alarm("notification send broke", nameOf(error));
      return failed("not sent: an internal error");
    }
  };
}

/** Why notifications can never be sent to a URL, worded to follow "the URL"; `null`: they can be tried. No DNS. */
export function whyUnsendable(text: string, loopbackEndpoints: ReadonlySet<string>): string | null {
  if (text.length > /* mutation: notify-url-longest */ longestUrl)
    return `must have at most ${longestUrl} characters`;
  const url = URL.parse(text);
  if (url === null) return "must be a valid https URL";
  const isPlainAllowed = url.protocol === "http:" && isListed(url, loopbackEndpoints);
  // mutation: notify-url-tls
  if (url.protocol !== "https:" && !isPlainAllowed) return "must be https";
  if (/* mutation: notify-url-user */ url.username !== "" || url.password !== "")
    return "must not hold a user name or password";
  if (url.port === "0") return "must not name port 0";
  const host = withoutBrackets(url.hostname);
  if (isIP(host) !== 0 && /* mutation: notify-url-ip-literal */ !addressRule(url, loopbackEndpoints)(host))
    return "must lead to a public address";
  return null;
}

/** Listed endpoints may use loopback addresses only, all others public addresses only. */
function addressRule(url: URL, loopbackEndpoints: ReadonlySet<string>): (address: string) => boolean {
  return isListed(url, loopbackEndpoints) ? /* mutation: notify-url-loopback */ isLoopback : isPublicUnicast;
}

function isListed({ protocol, hostname, port }: URL, loopbackEndpoints: ReadonlySet<string>): boolean {
  return loopbackEndpoints.has(`${hostname}:${port || (protocol === "https:" ? 443 : 80)}`);
}

function withoutBrackets(hostname: string): string {
  return hostname.startsWith("[") ? hostname.slice(1, -1) : hostname;
}

async function resolveByDns(hostname: string): Promise<string[]> {
  const addresses = await lookup(hostname, { all: true });
  return addresses.map(({ address }) => address);
}

function judged({ status, body }: OutboundAnswer, delivery: Delivery): DeliveryOutcome {
  // mutation: notification-redirect
  if (status >= 300 && status < 400) return failed("a redirect, which is not followed", status);
  return { outcome: outcomeOf(status), httpStatus: status, answer: printableAnswer(body, delivery) };
}

/** The response's status decides, even if its body never ends: after a 2xx nothing is sent again. */
function unfinished(error: OutboundError, limits: SendLimits): DeliveryOutcome {
  return { ...failed(inWords(error, limits), error.status), outcome: outcomeOf(error.status ?? 0) };
}

function outcomeOf(status: number): DeliveryOutcome["outcome"] {
  if (status >= 200 && status < /* mutation: notification-received */ 300) return "received";
  return status === 410 ? "gone" : "failed";
}

function failed(answer: string, httpStatus: number | null = null): DeliveryOutcome {
  return { outcome: "failed", httpStatus, answer };
}

/** Contains no address: merchants must not learn what a name resolves to inside our network. */
function inWords({ kind, systemCode, mayHaveArrived }: OutboundError, limits: SendLimits): string {
  const code = systemCode && ` (${systemCode})`;
  switch (kind) {
    case "unresolved":
      return `the host name has no address${code}`;
    case "refused":
      if (systemCode === addressNotAllowed)
        return "not sent: the host name has an address that is not public";
      return `no connection${code}`;
    case "untrusted":
      return `no trusted TLS connection${code}`;
    case "blocked":
      return "not sent: the connection led to an address that is not public";
    case "timeout":
      if (!mayHaveArrived) return `no connection within ${limits.connectMs / 1000} s`;
      return `no complete answer within ${limits.totalMs / 1000} s`;
    case "reset":
      return `the connection broke before the answer was complete${code}`;
    case "malformed":
      return `the answer is not HTTP${code}`;
    case "too-large":
      return `the answer is longer than ${longestAnswerBytes} bytes`;
  }
}
