import { generateKeyPairSync, sign } from "node:crypto";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { notificationSender } from "../../lib/notify/send-notification.ts";

/** DER: tag, length, content. */
function der(tag: number, ...content: Buffer[]): Buffer {
  const bytes = Buffer.concat(content);
  const { length } = bytes;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from([tag, ...size]), bytes]);
}

/** A valid X.509 certificate (version 1) for `name` that nobody but its own key has signed. */
function selfSigned(name: string) {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const sequence = (...content: Buffer[]) => der(0x30, ...content);
  const ecdsaWithSha256 = sequence(der(0x06, Buffer.from("2a8648ce3d040302", "hex")));
  const commonName = sequence(der(0x06, Buffer.from("550403", "hex")), der(0x0c, Buffer.from(name)));
  const distinguishedName = sequence(der(0x31, commonName));
  const validity = sequence(
    der(0x18, Buffer.from("20200101000000Z")),
    der(0x18, Buffer.from("21200101000000Z")),
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

describe("a certificate that nobody vouches for", () => {
  it("gets no request", async () => {
    const received: string[] = [];
    const closed = Promise.withResolvers<void>();
    const server = createServer(selfSigned("merchant.test"), (incoming, outgoing) => {
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
      loopbackEndpoints: new Set([`merchant.test:${port}`]),
      resolve: async () => ["127.0.0.1"],
    });
    const outcome = await send({ url: `https://merchant.test:${port}/hook`, headers: {}, payload: "{}" });
    expect(outcome).toMatchObject({
      outcome: "failed",
      httpStatus: null,
      answer: "no trusted TLS connection (DEPTH_ZERO_SELF_SIGNED_CERT)",
    });
    await closed.promise;
    expect(received).toEqual([]);
  });
});
