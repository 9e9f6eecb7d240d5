import { createPublicKey, type KeyObject, X509Certificate } from "node:crypto";
import { type Clock, secondsAfter } from "../../clock.ts";
import { OutboundError } from "../../outbound/outbound-error.ts";
import type { OutboundAnswer } from "../../outbound/request.ts";
import type { WechatCredentials } from "./credentials.ts";
import { openResource } from "./resource.ts";
import { type FindKey, signatureFault } from "./signature.ts";
import { platformCertificates, readJson, refusal } from "./wire.ts";

/** How long a downloaded list may be used; WeChat Pay requires a new download at least every 12 hours. */
const keepSeconds = 12 * 3600;
/** Minimum gap between downloads: anybody can send a webhook with an invented serial number. */
const secondsBetweenDownloads = 60;

type Certificates = Map<string, X509Certificate>;

/**
 * Finds WeChat Pay's keys for one merchant: the config's public key by its id, and the platform certificates by their
 * serial numbers. While a merchant moves from certificates to the public key, WeChat Pay signs with either, for days.
 */
export function wechatKeys(
  credentials: WechatCredentials,
  clock: Clock,
  download: () => Promise<OutboundAnswer>,
): FindKey {
  const { public_key_id: id, public_key: pem } = credentials;
  const publicKey = pem === undefined ? undefined : createPublicKey(pem);
  const certificates = certificateStore(credentials, clock, download, (serial) =>
    serial === id ? publicKey : undefined,
  );
  return async (serial) => {
    if (publicKey && serial === id) return { key: publicKey };
    if (serial.startsWith("PUB_KEY_ID_"))
      return { fault: "it is signed with a public key that the config lacks" };
    return certificates(serial.toUpperCase());
  };
}

/** The platform certificates of this merchant, downloaded when an unknown one is needed. */
function certificateStore(
  { api_v3_key: apiV3Key }: WechatCredentials,
  clock: Clock,
  download: () => Promise<OutboundAnswer>,
  publicKeyOf: (serial: string) => KeyObject | undefined,
): FindKey {
  let current: Certificates = new Map();
  let currentUntil = new Date(0);
  let nextDownload = new Date(0);
  let lastFault = "";
  let underWay: Promise<void> | undefined;

  async function refresh(): Promise<void> {
    nextDownload = secondsAfter(clock.now(), secondsBetweenDownloads);
    const read = await readList(download, apiV3Key, publicKeyOf, clock.now());
    lastFault = "fault" in read ? read.fault : "";
    if ("fault" in read) return;
    current = read.certificates;
    currentUntil = secondsAfter(clock.now(), keepSeconds);
  }
  const has = (serial: string) => current.has(serial) && clock.now() < currentUntil;

  return async (serial) => {
    if (
      !has(serial) &&
      (underWay || clock.now() >= /* mutation: wechat-certificate-download-gap */ nextDownload)
    ) {
      underWay ??= refresh().finally(() => {
        underWay = undefined;
      });
      await underWay;
    }
    const certificate = has(serial) ? current.get(serial) : undefined;
    if (!certificate) return { fault: `no key has its serial number${lastFault && `: ${lastFault}`}` };
    const now = clock.now();
    // mutation: wechat-certificate-time
    const valid = certificate.validFromDate <= now && now <= certificate.validToDate;
    return valid ? { key: certificate.publicKey } : { fault: "its platform certificate is not valid now" };
  };
}

/**
 * The list is authenticated twice: only we and WeChat Pay have the key with which it is encrypted, and the answer is
 * signed with a key in it (or the config's).
 */
async function readList(
  download: () => Promise<OutboundAnswer>,
  apiV3Key: string,
  publicKeyOf: (serial: string) => KeyObject | undefined,
  now: Date,
): Promise<{ certificates: Certificates } | { fault: string }> {
  let answer: OutboundAnswer;
  try {
    answer = await download();
  } catch (error) {
    if (error instanceof OutboundError) return { fault: `platform certificates: ${error.message}` };
    throw error;
  }
  if (answer.status !== 200) return { fault: noList(answer) };
  const list = platformCertificates.safeParse(readJson(answer.body));
  if (!list.success) return { fault: "platform certificates: an answer of another form" };

  const certificates: Certificates = new Map();
  for (const { serial_no: serial, encrypt_certificate: encrypted } of list.data.data) {
    const pem = openResource(encrypted, apiV3Key);
    if (pem === undefined) return { fault: "platform certificates: api_v3_key does not open them" };
    const certificate = readCertificate(pem);
    if (!certificate) return { fault: "platform certificates: one is not readable" };
    certificates.set(serial.toUpperCase(), certificate);
  }
  const findKey: FindKey = async (serial) => {
    const key = publicKeyOf(serial) ?? certificates.get(serial.toUpperCase())?.publicKey;
    return key ? { key } : { fault: "signed with none of them" };
  };
  const fault = await signatureFault(answer, findKey, now);
  return /* mutation: wechat-certificates-signed */ fault === null
    ? { certificates }
    : { fault: `platform certificates: ${fault}` };
}

/**
 * Merchants opened since October 2024 get no platform certificates, and older ones lose them when they move to the
 * public key: github.com/wechatpay-apiv3/wechatpay-java/issues/306, github.com/binarywang/WxJava/issues/3412.
 */
function noList({ status, body }: OutboundAnswer): string {
  const code = refusal.safeParse(readJson(body)).data?.code;
  if (status !== 404 || code !== "RESOURCE_NOT_EXISTS") return `platform certificates: HTTP ${status}`;
  return "WeChat Pay gives this merchant no platform certificates: set public_key_id and public_key";
}

function readCertificate(pem: string): X509Certificate | undefined {
  try {
    const certificate = new X509Certificate(pem);
    return certificate.publicKey.asymmetricKeyType === "rsa" ? certificate : undefined;
  } catch {
    return undefined;
  }
}
