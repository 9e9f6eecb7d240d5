import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { certificatePath, signer } from "../unit/providers/paypal/account.ts";

/** A proxy in front of PayPal's simulator that also serves the certificate of the test's own signing key. */
export async function startPaypalProxy(target: string) {
  const server = createServer(async (request, response) => {
    if (request.url === certificatePath) {
      response.end(signer.certificatePem);
      return;
    }
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { host: _, connection: __, "transfer-encoding": ___, ...headers } = request.headers;
    const answer = await fetch(`${target}${request.url}`, {
      method: String(request.method),
      headers: headers as Record<string, string>,
      ...(chunks.length > 0 && { body: Buffer.concat(chunks) }),
    }).catch(() => null);
    if (!answer) {
      response.destroy();
      return;
    }
    const body = await answer.text();
    response.writeHead(answer.status, { "content-type": "application/json" }).end(body);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    certUrl: url + certificatePath,
    stop() {
      server.close();
      server.closeAllConnections();
    },
  };
}
