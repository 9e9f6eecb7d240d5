import { isIP, type LookupFunction, type Socket } from "node:net";
import type { OutboundRequest } from "../outbound/request.ts";

/** The addresses of a host name. */
export type Resolve = (hostname: string) => Promise<string[]>;

/** The `systemCode` of a request whose host name resolves to a forbidden address. */
export const addressNotAllowed = "EADDRNOTALLOWED";

/**
 * Options for an unshared connection to allowed addresses only. The name is resolved once and the socket connects to
 * those addresses, which prevents DNS rebinding; the address that the socket reached is checked again. Node does not
 * call `lookup` for IP literals: check those before.
 */
export function checkedConnection(
  isAllowed: (address: string) => boolean,
  resolve: Resolve,
): Required<Pick<OutboundRequest, "agent" | "lookup" | "checkSocket">> {
  const lookup: LookupFunction = (hostname, options, done) => {
    allowedAddresses(hostname, isAllowed, resolve).then(
      (addresses) => {
        if (options.all) done(null, addresses);
        else done(null, addresses[0].address, addresses[0].family);
      },
      (error: NodeJS.ErrnoException) => done(error, []),
    );
  };
  const checkSocket = ({ remoteAddress }: Socket) => {
    if (remoteAddress === undefined || /* mutation: socket-address-checked */ !isAllowed(remoteAddress))
      throw failure(addressNotAllowed);
  };
  // mutation: connection-not-shared
  return { agent: false, lookup, checkSocket };
}

type Address = { address: string; family: number };

/** One address that is not allowed refuses them all, because the network chooses which one is connected. */
async function allowedAddresses(
  hostname: string,
  isAllowed: (address: string) => boolean,
  resolve: Resolve,
): Promise<[Address, ...Address[]]> {
  const resolved = await resolve(hostname);
  if (!(/* mutation: addresses-all-allowed */ resolved.every(isAllowed))) throw failure(addressNotAllowed);
  const [first, ...others] = resolved.map((address) => ({ address, family: isIP(address) }));
  if (!first) throw failure("ENOTFOUND");
  return [first, ...others];
}

function failure(code: string): Error {
  return Object.assign(new Error(code), { code });
}
