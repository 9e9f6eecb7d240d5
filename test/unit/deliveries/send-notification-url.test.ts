import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { notificationSender, whyUnsendable } from "../../../lib/deliveries/send-notification.ts";
import { request } from "../../../lib/outbound/request.ts";
import { hostileUrls } from "./hostile-urls.ts";
import { headers, payload } from "./merchant-server.ts";
import { setTrap, type Trap } from "./trap.ts";

let trap: Trap;
let listedTrap: Trap;
beforeAll(async () => {
  [trap, listedTrap] = await Promise.all([setTrap(), setTrap()]);
});
afterAll(() => {
  trap.close();
  listedTrap.close();
});

const filledIn = (url: string) =>
  url.replaceAll("{trap}", String(trap.port)).replaceAll("{listed}", String(listedTrap.port));
const loopbackEndpoints = () =>
  new Set(["127.0.0.1", "[::1]", "localhost", "192.168.0.9"].map((host) => `${host}:${listedTrap.port}`));

describe("hostile URLs", () => {
  afterEach(async () => {
    expect(await trap.caught()).toEqual({ connections: 0, bytes: 0 });
    expect(await listedTrap.caught()).toEqual({ connections: 0, bytes: 0 });
  });

  it.each(hostileUrls)("no byte is sent to a hostile URL: $name", async ({ url, why, addresses }) => {
    let questions = 0;
    const send = notificationSender({
      loopbackEndpoints: loopbackEndpoints(),
      resolve: async () => {
        questions += 1;
        return addresses ?? ["127.0.0.1"];
      },
    });
    const outcome = await send({ url: filledIn(url), headers, payload });
    expect(outcome).toEqual({ outcome: "failed", httpStatus: null, answer: why });
    expect(questions).toBe(addresses ? 1 : 0);
    const verdict = whyUnsendable(filledIn(url), loopbackEndpoints());
    expect(verdict && `not sent: the URL ${verdict}`).toBe(addresses ? null : why);
  });

  it("a URL may have 2048 characters and not one more", () => {
    const url = "https://merchant.example/".padEnd(2048, "a");
    expect(whyUnsendable(url, new Set())).toBeNull();
    expect(whyUnsendable(`${url}a`, new Set())).toBe("must have at most 2048 characters");
  });
});

describe("the list of hostile URLs", () => {
  it("there are more than 120 hostile URLs, each with a unique name", () => {
    expect(hostileUrls.length).toBeGreaterThan(120);
    expect(new Set(hostileUrls.map(({ name }) => name)).size).toBe(hostileUrls.length);
  });

  it("every spelling of a loopback URL would reach this machine without the checks", async () => {
    const landing = hostileUrls.filter(({ url, addresses }) => {
      const { protocol, hostname, port } = URL.parse(filledIn(url)) ?? {};
      const isHere = hostname === "0.0.0.0" || (hostname?.startsWith("127.0.0.") ?? false);
      return !addresses && protocol === "https:" && isHere && port === String(trap.port);
    });
    expect(landing.length).toBeGreaterThan(30);
    const unreached: string[] = [];
    for (const { name, url } of landing) {
      await request({ method: "POST", url: filledIn(url), agent: false }).catch(() => {});
      const { connections, bytes } = await trap.caught();
      if (connections !== 1 || bytes === 0) unreached.push(name);
    }
    expect(unreached).toEqual([]);
  });
});

describe("allowed URLs", () => {
  const listed = new Set(["127.0.0.1:4000", "localhost:4001", "[::1]:4000", "localhost:80"]);

  it.each([
    "https://merchant.example/hook",
    "https://merchant.example./hook",
    "https://merchant.example:8443/hook?token=1#part",
    "https://商家.example/通知",
    "https://8.8.8.8/hook",
    "https://134744072/hook",
    "https://[2606:4700:4700::1111]/hook",
    "https://@merchant.example/",
    "http://127.0.0.1:4000/hook",
    "http://0x7f000001:4000/hook",
    "http://[::1]:4000/hook",
    "http://localhost:4001/hook",
    "http://localhost/hook",
    "https://127.0.0.1:4000/hook",
  ])("a notification may be sent to %s", (url) => {
    expect(whyUnsendable(url, listed)).toBeNull();
  });

  it.each(["http://127.0.0.1:4000/", "http://localhost:4001/"])(
    "a notification may not be sent to %s where no endpoint is listed",
    (url) => {
      expect(whyUnsendable(url, new Set())).toBe("must be https");
    },
  );
});
