import { gunzipSync } from "node:zlib";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { subscriptionEvent } from "../../scripts/local/host/log-subscriptions.ts";
import { lambda, logicalId, type Synthesized, startSynthesized } from "./synthesized.ts";

/** Writes the texts of its event, one a line. */
const speaker = "exports.handler = async (lines) => { for (const line of lines) console.log(line); };";
/** Unpacks and logs its event, then runs `body`. */
const listener = (body = "") => `exports.handler = async ({ awslogs }, context) => {
  const given = JSON.parse(require("node:zlib").gunzipSync(Buffer.from(awslogs.data, "base64")));
  console.log("given " + JSON.stringify(given));
  ${body}
};`;
const logs = (entry: string) => ({ LoggingConfig: { LogGroup: { Ref: `${logicalId(entry)}Logs` } } });

function gateway(body?: string, filter: object = {}): Synthesized {
  return {
    bundles: { speaker, bystander: speaker, listener: listener(body) },
    resources: {
      ...lambda("speaker", logs("speaker")),
      ...lambda("bystander"),
      ...lambda("listener", logs("listener")),
      speakerLogs: { Type: "AWS::Logs::LogGroup", Properties: { RetentionInDays: 30 } },
      listenerLogs: { Type: "AWS::Logs::LogGroup" },
      Expected: {
        Type: "AWS::Logs::SubscriptionFilter",
        Properties: {
          DestinationArn: { "Fn::GetAtt": ["listener", "Arn"] },
          FilterPattern: '{ $.message = "a call" }',
          LogGroupName: { Ref: "speakerLogs" },
          ...filter,
        },
      },
    },
  };
}

async function start(...args: Parameters<typeof gateway>) {
  const host = await startSynthesized(gateway(...args));
  onTestFinished(() => host.stop());
  const subscription = () =>
    host.log
      .filter((line) => line.startsWith("[listener] given "))
      .map((line) => JSON.parse(line.slice("[listener] given ".length)));
  return { ...host, subscription };
}

const line = (message: string, more: object = {}) => JSON.stringify({ level: "info", message, ...more });
const call = (number: number) => line("a call", { number });

describe("local host: log subscriptions", () => {
  it("a log subscription delivers only the matching lines to its function, in order", async () => {
    const { invoke, subscription } = await start();
    await invoke("bystander", [call(0)]);
    await invoke("speaker", ["a call", line("another"), call(1), '{"message":{"a call":1}}', "{", call(2)]);
    const events = () => subscription().flatMap(({ logEvents }) => logEvents);
    await vi.waitFor(() => expect(events()).toHaveLength(2));
    expect(events()).toMatchObject([
      { id: expect.any(String), timestamp: expect.any(Number), message: call(1) },
      { message: call(2) },
    ]);
    expect(subscription()[0]).toMatchObject({
      messageType: "DATA_MESSAGE",
      owner: "000000000000",
      logGroup: "Gateway-speakerLogs",
      logStream: "local",
      subscriptionFilters: ["Expected"],
    });
  });

  it("a log subscription retries a failed batch twice and then logs that it is lost", async () => {
    const { invoke, log, subscription } = await start("throw new Error('no');");
    await invoke("speaker", [call(1)]);
    await vi.waitFor(
      () => expect(log.join("\n")).toContain("listener: 1 lines of Gateway-speakerLogs lost"),
      {
        timeout: 10_000,
      },
    );
    expect(subscription()).toHaveLength(3);
  });

  it("a log subscription delivers the waiting lines when the host stops", async () => {
    const { invoke, stop, subscription, log } = await startQuiet();
    await invoke("speaker", [call(1)]);
    await vi.waitFor(() => expect(log.join("\n")).toContain("[speaker] "));
    await stop();
    expect(subscription()).toHaveLength(1);
  });

  it.each([
    [{ FilterPattern: "{ $.status = 4* }" }, "does not support the filter pattern { $.status = 4* }"],
    [{ LogGroupName: { Ref: "listenerLogs" } }, "listener subscribes to its own log group"],
    [{ Distribution: "Random" }, "unknown property Distribution"],
  ])("the local host refuses a log subscription with %j", async (filter, message) => {
    await expect(start("", filter)).rejects.toThrow(message);
  });
});

/** A host that the test itself stops. */
async function startQuiet() {
  const host = await startSynthesized(gateway());
  return { ...host, subscription: () => host.log.filter((text) => text.startsWith("[listener] given ")) };
}

it("a log subscription's event is gzipped JSON in base64", () => {
  const from = { logGroup: "group", subscriptionFilters: ["filter"] };
  const { awslogs } = subscriptionEvent([{ timestamp: 1, message: "line" }], from);
  const unpacked = JSON.parse(gunzipSync(Buffer.from(awslogs.data, "base64")).toString("utf8"));
  expect(unpacked).toMatchObject({ ...from, logEvents: [{ timestamp: 1, message: "line" }] });
});
