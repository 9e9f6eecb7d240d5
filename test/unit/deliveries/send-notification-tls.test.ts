import { generateKeyPairSync, sign } from "node:crypto";
import { createServer, type ServerOptions } from "node:https";
import type { AddressInfo } from "node:net";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { notificationSender } from "../../../lib/deliveries/send-notification.ts";
import { aMerchant } from "./merchant-server.ts";

/** DER: tag, length, content. */
function der(tag: number, ...content: Buffer[]): Buffer {
  const bytes = Buffer.concat(content);
  const { length } = bytes;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from([tag, ...size]), bytes]);
}

/** A valid self-signed X.509 certificate (version 1) for `name`. */
function selfSigned(name: string, fromYear = 2020, toYear = 2120) {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const sequence = (...content: Buffer[]) => der(0x30, ...content);
  const ecdsaWithSha256 = sequence(der(0x06, Buffer.from("2a8648ce3d040302", "hex")));
  const commonName = sequence(der(0x06, Buffer.from("550403", "hex")), der(0x0c, Buffer.from(name)));
  const distinguishedName = sequence(der(0x31, commonName));
  const validity = sequence(
    der(0x18, Buffer.from(`${fromYear}0101000000Z`)),
    der(0x18, Buffer.from(`${toYear}0101000000Z`)),
  );
  const body = sequence(
    der(0x02, Buffer.from([1])),
    ecdsaWithSha256,
    distinguishedName,
    validity,
    distinguishedName,
    publicKey.export({ type: "spki", format: "der" }),
  );
  const certificate = sequence(
    body,
    ecdsaWithSha256,
    der(0x03, Buffer.from([0]), sign("sha256", body, privateKey)),
  );
  return {
    key: privateKey.export({ type: "pkcs8", format: "pem" }),
    cert: `-----BEGIN CERTIFICATE-----\n${certificate.toString("base64")}\n-----END CERTIFICATE-----\n`,
  };
}

/** An https server with this certificate and the paths of its requests; `sendTo` waits for the connection's end. */
async function aServer(options: ServerOptions) {
  const received: string[] = [];
  const closed = Promise.withResolvers<void>();
  const server = createServer(options, (incoming, outgoing) => {
    received.push(incoming.url ?? "");
    outgoing.end("ok");
  });
  server.on("connection", (socket) => socket.on("close", () => closed.resolve()));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const send = notificationSender({
    loopbackEndpoints: new Set([`merchant.test:${port}`, `127.0.0.1:${port}`]),
    resolve: async () => ["127.0.0.1"],
  });
  const sendTo = async (host: string) => {
    const outcome = await send({ url: `https://${host}:${port}/hook`, headers: {}, payload: "{}" });
    await closed.promise;
    return outcome;
  };
  return { received, sendTo };
}

function trust(certificate: string): void {
  const before = getCACertificates("default");
  setDefaultCACertificates([...before, certificate]);
  onTestFinished(() => setDefaultCACertificates(before));
}

describe("certificates of servers", () => {
  it("a server with a trusted certificate for its name and the current time gets the notification", async () => {
    const certificate = selfSigned("merchant.test");
    trust(certificate.cert);
    const { received, sendTo } = await aServer(certificate);
    expect(await sendTo("merchant.test")).toMatchObject({ outcome: "received", answer: "ok" });
    expect(received).toEqual(["/hook"]);
  });

  it.each([
    ["for another name", "ERR_TLS_CERT_ALTNAME_INVALID", selfSigned("other.test"), "merchant.test"],
    ["for a subdomain", "ERR_TLS_CERT_ALTNAME_INVALID", selfSigned("pay.merchant.test"), "merchant.test"],
    [
      "for a name that looks like the address",
      "ERR_TLS_CERT_ALTNAME_INVALID",
      selfSigned("127.0.0.1"),
      "127.0.0.1",
    ],
    ["of the past", "CERT_HAS_EXPIRED", selfSigned("merchant.test", 2020, 2021), "merchant.test"],
    ["of the future", "CERT_NOT_YET_VALID", selfSigned("merchant.test", 2119, 2120), "merchant.test"],
  ])("a server with a trusted certificate %s gets no request", async (_title, code, certificate, host) => {
    trust(certificate.cert);
    const { received, sendTo } = await aServer(certificate);
    expect(await sendTo(host)).toEqual({
      outcome: "failed",
      httpStatus: null,
      answer: `no trusted TLS connection (${code})`,
    });
    expect(received).toEqual([]);
  });

  it.each([undefined, "0"])(
    "a server with an untrusted certificate gets no request, with NODE_TLS_REJECT_UNAUTHORIZED %s",
    async (setting) => {
      vi.stubEnv("NODE_TLS_REJECT_UNAUTHORIZED", setting);
      onTestFinished(() => void vi.unstubAllEnvs());
      const { received, sendTo } = await aServer(selfSigned("merchant.test"));
      expect(await sendTo("merchant.test")).toMatchObject({
        outcome: "failed",
        httpStatus: null,
        answer: "no trusted TLS connection (DEPTH_ZERO_SELF_SIGNED_CERT)",
      });
      expect(received).toEqual([]);
    },
  );
});

describe("protocols of servers", () => {
  it("a server that speaks only TLS 1.1 gets no request", async () => {
    const certificate = selfSigned("merchant.test");
    trust(certificate.cert);
    const old = { minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" } as const;
    const { received, sendTo } = await aServer({ ...certificate, ...old });
    expect((await sendTo("merchant.test")).answer).toMatch(/^no trusted TLS connection/);
    expect(received).toEqual([]);
  });

  it("a server that speaks plain HTTP gets no request to its https URL", async () => {
    const merchant = await aMerchant({ body: "plain" });
    const { answer } = await merchant.send(merchant.url.replace("http:", "https:"));
    expect(answer).toMatch(/^no trusted TLS connection/);
    expect(merchant.calls).toHaveLength(0);
  });
});
