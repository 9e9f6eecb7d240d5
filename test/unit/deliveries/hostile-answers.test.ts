import type { Socket } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { bombs, type HostileAnswer, hostileAnswers } from "./hostile-answers.ts";
import { aListener, payload, senderTo } from "./merchant-server.ts";
import { setTrap, type Trap } from "./trap.ts";

let trap: Trap;
beforeAll(async () => {
  trap = await setTrap();
});
afterAll(() => trap.close());
afterEach(async () => {
  expect(await trap.caught()).toEqual({ connections: 0, bytes: 0 });
});

function say(socket: Socket, says: string | Buffer, then: HostileAnswer["then"]): void {
  if (then === "end") return void socket.end(says);
  socket.write(says);
  if (then === "silence") return;
  // The other end runs in this process: one turn of the event loop later it has read the text.
  if (then === "reset") return void setImmediate(() => setImmediate(() => socket.resetAndDestroy()));
  if ("drip" in then) {
    const timer = setInterval(() => socket.write(then.drip), 10);
    return void socket.on("close", () => clearInterval(timer));
  }
  const more = () => socket.write(then.again, (error) => error ?? more());
  more();
}

describe("hostile responses of a merchant's server", () => {
  it.each(hostileAnswers)(
    "a notification answered with $name is $outcome",
    async ({ name: _name, says, then, ...expected }) => {
      const listener = await aListener((socket) => {
        const fillIn = (text: string) =>
          text.replaceAll("{trap}", `http://127.0.0.1:${trap.port}`).replaceAll("{own}", own);
        socket.once("data", () => say(socket, typeof says === "string" ? fillIn(says) : says, then));
      });
      const own = `http://127.0.0.1:${listener.port}`;
      const waits = then === "silence" || (typeof then === "object" && "drip" in then);
      const send = senderTo(own, {
        // The trap is a listed endpoint too, so only the sender's own rules keep it from following.
        loopbackEndpoints: new Set([own, `http://127.0.0.1:${trap.port}`].map((url) => new URL(url).host)),
        ...(waits && { limits: { connectMs: 3_000, totalMs: 300 } }),
      });
      expect(await send()).toEqual(expected);
      await listener.seen.closed.promise;
      expect(listener.seen.connections).toBe(1);
      expect(expected.answer).not.toContain(payload);
    },
  );

  it.each(Object.entries(bombs))(
    "a notification answered with a compression bomb of %s stores no decompressed body",
    async (encoding, bomb) => {
      const head = `HTTP/1.1 200 OK\r\ncontent-encoding: ${encoding}\r\ncontent-length: ${bomb.length}\r\n\r\n`;
      const listener = await aListener((socket) => {
        socket.once("data", () => socket.end(Buffer.concat([Buffer.from(head), bomb])));
      });
      const { outcome, answer } = await senderTo(`http://127.0.0.1:${listener.port}`)();
      expect(outcome).toBe("received");
      expect(answer).not.toContain("bomb");
      expect(Buffer.byteLength(answer)).toBeLessThanOrEqual(4096);
    },
  );
});

it("there are more than 100 hostile responses, each with a unique name", () => {
  expect(hostileAnswers.length).toBeGreaterThan(100);
  expect(new Set(hostileAnswers.map(({ name }) => name)).size).toBe(hostileAnswers.length);
});
