import { describe, expect, it } from "vitest";
import { sourceNetwork } from "../../../lib/http/source-network.ts";

describe("source networks", () => {
  it.each([
    ["192.0.2.1", "192.0.2.1"],
    ["", ""],
    ["not an address", "not an address"],
    ["::ffff:192.0.2.1", "::ffff:192.0.2.1"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
    ["2001:0DB8:0001:0002::6", "2001:db8:1:2::/64"],
    ["2001:db8:1:2::", "2001:db8:1:2::/64"],
    ["2001:db8::1:2:3:4", "2001:db8:0:0::/64"],
    ["2001::1:2:3:4:5:6", "2001:0:1:2::/64"],
    ["::1", "0:0:0:0::/64"],
    ["fe80::1%eth0", "fe80:0:0:0::/64"],
  ])("the source network of %j is %j", (address, network) => expect(sourceNetwork(address)).toBe(network));
});
