import { afterEach, describe, expect, it, vi } from "vitest";
import { lambda, type SynthesizedHost, startSynthesized } from "./synthesized.ts";

let host: SynthesizedHost;
afterEach(() => host.stop());

const moved: number[] = [];

async function startSweeper(source: string): Promise<void> {
  moved.length = 0;
  host = await startSynthesized(
    {
      bundles: { sweep: source },
      resources: {
        ...lambda("sweep"),
        SweepSchedule: {
          Type: "AWS::Scheduler::Schedule",
          Properties: {
            ScheduleExpression: "rate(1 minute)",
            FlexibleTimeWindow: { Mode: "OFF" },
            Target: { Arn: { "Fn::GetAtt": ["sweep", "Arn"] } },
          },
        },
      },
    },
    { onClock: (offsetMs) => void moved.push(offsetMs) },
  );
}

const reporting = `exports.handler = async (event) => {
  console.log("sweep " + process.env.CLOCK_OFFSET_MS + " " + event.source);
  return event.time;
};`;
const sweeps = () => host.log.filter((line) => line.startsWith("[sweep] sweep "));
const post = (path: string, body: unknown) =>
  fetch(`${host.url}/_local/${path}`, { method: "POST", body: JSON.stringify(body) });

describe("POST /_local/clock", () => {
  it("POST /_local/clock moves time, calls onClock and fires each due schedule once before it answers", async () => {
    await startSweeper(reporting);
    const response = await post("clock", { advance_ms: 300_000 });
    expect(response.status).toBe(200);
    const { offset_ms, now } = (await response.json()) as { offset_ms: number; now: string };
    expect(offset_ms).toBe(300_000);
    expect(Math.abs(Date.parse(now) - Date.now() - 300_000)).toBeLessThan(5_000);
    expect(moved).toEqual([300_000]);
    await vi.waitFor(() => expect(sweeps()).toEqual(["[sweep] sweep 300000 aws.scheduler"]));
  });

  it("POST /_local/clock adds up moves and fires only due schedules", async () => {
    await startSweeper(reporting);
    await post("clock", { advance_ms: 10_000 });
    await post("clock", { advance_ms: 20_000 });
    expect(await (await fetch(`${host.url}/_local/clock`)).json()).toMatchObject({ offset_ms: 30_000 });
    expect(sweeps()).toEqual([]);
    await post("clock", { advance_ms: 30_000 });
    await vi.waitFor(() => expect(sweeps()).toHaveLength(1));
  });

  it.each([{ advance_ms: -1 }, { advance_ms: 1.5 }, { advance_ms: "60000" }, {}, null])(
    "POST /_local/clock refuses %j",
    async (body) => {
      await startSweeper(reporting);
      expect((await post("clock", body)).status).toBe(400);
      expect(host.clockOffsetMs()).toBe(0);
      expect(moved).toEqual([]);
    },
  );

  it("POST /_local/clock moves time even if the schedule's function fails, and logs the failure", async () => {
    await startSweeper("exports.handler = async () => { throw new Error('no database'); };");
    expect((await post("clock", { advance_ms: 60_000 })).status).toBe(200);
    expect(host.log).toContain("[host] schedule Gateway-SweepSchedule failed: Error: no database");
  });
});

describe("POST /_local/schedule/<name>", () => {
  it("POST /_local/schedule fires a schedule by name or entry, with the clock's time", async () => {
    await startSweeper(reporting);
    await host.advanceClock(30_000);
    for (const name of ["sweep", "Gateway-SweepSchedule"]) {
      const response = await post(`schedule/${name}`, {});
      expect(response.status).toBe(200);
      const { result } = (await response.json()) as { result: string };
      expect(Math.abs(Date.parse(result) - Date.now() - 30_000)).toBeLessThan(5_000);
    }
    await vi.waitFor(() => expect(sweeps()).toHaveLength(2));
  });

  it("POST /_local/schedule answers 500 for an unknown schedule, and an unknown route 404", async () => {
    await startSweeper(reporting);
    expect((await post("schedule/nobody", {})).status).toBe(500);
    expect((await post("elsewhere", {})).status).toBe(404);
  });
});
