import { type KeyObject, X509Certificate } from "node:crypto";
import { BoundedMap } from "../../bounded-map.ts";
import { GatewayError } from "../../errors.ts";
import { OutboundError } from "../../outbound/outbound-error.ts";
import { request } from "../../outbound/request.ts";

/** The public key of a certificate with which PayPal signs webhooks, and its validity. */
type SigningCertificate = { key: KeyObject; from: Date; to: Date };

const hosts = new Set([
  "api.paypal.com",
  "api-m.paypal.com",
  "api.sandbox.paypal.com",
  "api-m.sandbox.paypal.com",
]);
/** The name that PayPal's own Java SDK requires in the certificate. */
const signerName = /^CN=messageverificationcerts(\.sandbox)?\.paypal\.com$/m;

/**
 * PayPal's certificates, the same for every merchant. Only valid ones are cached, so that forged URLs evict nothing.
 */
const mostCached = 20;
const cached = new BoundedMap<SigningCertificate>(mostCached);

/**
 * The key of the certificate at the URL that a webhook names. It is trusted as PayPal's key because the URL is PayPal's
 * own, over TLS. `baseUrl` replaces PayPal's hosts in the local stage. Throws `notification_refused`.
 */
export async function signingKey(certUrl: string, now: Date, baseUrl?: string): Promise<KeyObject> {
  const url = pinnedUrl(certUrl, baseUrl);
  const certificate = cached.get(url) ?? (await fetchCertificate(url));
  // mutation: paypal-certificate-time
  if (now < certificate.from || now > certificate.to) {
    cached.delete(url);
    refuse("PayPal's certificate is not valid at this time");
  }
  return certificate.key;
}

/** https://developer.paypal.com/api/rest/webhooks/rest/ */
export function pinnedUrl(certUrl: string, baseUrl: string | undefined): string {
  const url = URL.canParse(certUrl) ? new URL(certUrl) : undefined;
  const ofPayPal =
    /* mutation: paypal-certificate-tls */ url?.protocol === "https:" &&
    url.port === "" &&
    /* mutation: paypal-certificate-host */ hosts.has(url.hostname);
  const isAccepted =
    baseUrl === undefined
      ? ofPayPal
      : /* mutation: paypal-certificate-origin */ url?.origin === new URL(baseUrl).origin;
  const bare = url?.username === "" && url.password === "" && url.search === "" && url.hash === "";
  if (
    !url ||
    !isAccepted ||
    !bare ||
    /* mutation: paypal-certificate-path */ !/^\/v1\/notifications\/certs\/[\w-]{1,128}$/.test(url.pathname)
  ) {
    refuse("paypal-cert-url is not PayPal's");
  }
  // Drops a bare `?` or `#`, which `search` and `hash` do not show.
  return url.origin + url.pathname;
}

async function fetchCertificate(url: string): Promise<SigningCertificate> {
  const pem = await fetchPem(url);
  const certificate = readCertificate(pem);
  cached.set(url, certificate);
  return certificate;
}

async function fetchPem(url: string): Promise<string> {
  try {
    const answer = await request({ method: "GET", url, deadlineMs: 4000, maxBodyBytes: 65_536 });
    if (answer.status === 200) return answer.body.toString("latin1");
    return refuse(`PayPal's certificate: HTTP ${answer.status}`);
  } catch (error) {
    if (error instanceof OutboundError) refuse(`PayPal's certificate: ${error.message}`);
    throw error;
  }
}

/** If the file also holds the issuer's certificate, the issuer must have signed; whether it does is not documented. */
export function readCertificate(pem: string): SigningCertificate {
  const chain = certificatesIn(pem);
  const signer = chain.find(({ subject }) =>
    /* mutation: paypal-certificate-name */ signerName.test(subject),
  );
  if (!signer) refuse("the certificate is not that of PayPal's webhooks");
  const issuer = chain.find((other) => other !== signer && signer.checkIssued(other));
  if (issuer && !(/* mutation: paypal-certificate-issuer */ signer.verify(keyOf(issuer))))
    refuse("the certificate is not signed by its issuer");
  const { validFromDate: from, validToDate: to } = signer;
  const key = keyOf(signer);
  if (key.asymmetricKeyType !== "rsa" || (key.asymmetricKeyDetails?.modulusLength ?? 0) < 2048) {
    refuse("the certificate's key is not RSA of 2048 bits or more");
  }
  return { key, from, to };
}

/** A readable certificate may hold an unreadable key. */
function keyOf(certificate: X509Certificate): KeyObject {
  try {
    return certificate.publicKey;
  } catch {
    // mutation: paypal-certificate-key
    return refuse("the key of a certificate is not readable");
  }
}

function certificatesIn(pem: string): X509Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  try {
    return blocks.slice(0, 10).map((block) => new X509Certificate(block));
  } catch {
    return refuse("the certificate is not readable");
  }
}

function refuse(message: string): never {
  throw new GatewayError("notification_refused", message);
}
