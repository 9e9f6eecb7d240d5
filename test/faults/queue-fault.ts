import { meeting, type Played, standing, withRival } from "./at-step.ts";
import type { FaultName } from "./matrix.ts";
import { type Message, sameAgain } from "./scenario.ts";

export type QueueFault = Extract<FaultName, `queue ${string}`>;

const anHour = 3600;

/** Faults of the queue on the step's wake-up message. The message is only a hint to act, so they may only cost time. */
export function queueFault<Case>(played: Played<Case>, fault: QueueFault): Promise<unknown> {
  const message = played.scenario.messages[played.cell.step]!;
  const { kind } = message;
  if (kind === "worked on") return toTheWork(played, message, fault);
  return kind === "due" ? toOneThatIsDue(played, message, fault) : toOneThatIsDelayed(played, message, fault);
}

/** The work is held after the step if its message comes twice or early, and killed if it comes late or never. */
async function toOneThatIsDelayed<Case>(
  played: Played<Case>,
  { entry, text, seconds = 0 }: Message<Case>,
  fault: QueueFault,
): Promise<void> {
  const { world, it, step } = played;
  const come = async () => world.message(entry, await text(it));
  await standing(
    played,
    async (held) => {
      await world.isDelayed(entry, await text(it));
      if (fault === "queue early") {
        await world.queues.advance(seconds * 1000);
        return world.handle(entry, await come());
      }
      if (fault !== "queue duplicate") await held.kill();
      await world.passes(fault === "queue late" ? anHour : seconds);
      const message = await come();
      if (fault === "queue lost") return message.remove();
      if (fault === "queue late") return world.handle(entry, message);
      return Promise.all([world.handle(entry, message), world.handle(entry, message)]);
    },
    step.after,
  );
}

async function toOneThatIsDue<Case>(
  { world, scenario, it }: Played<Case>,
  { entry, text }: Message<Case>,
  fault: QueueFault,
): Promise<unknown> {
  await scenario.work(it);
  if (fault === "queue late") await world.passes(anHour);
  const message = await world.message(entry, await text(it));
  if (fault === "queue lost") return message.remove();
  if (fault === "queue late") return world.handle(entry, message);
  return Promise.all([world.handle(entry, message), world.handle(entry, message)]);
}

async function toTheWork<Case>(
  played: Played<Case>,
  { entry, text, seconds = 0 }: Message<Case>,
  fault: QueueFault,
): Promise<unknown> {
  const { world, scenario, it, step } = played;
  if (fault === "queue duplicate") return withRival(played, sameAgain(scenario, step));
  if (fault === "queue early") {
    await world.queues.advance(seconds * 1000);
    return scenario.work(it);
  }
  await meeting(played, { ...step.before, act: "kill" });
  await world.passes(anHour);
  const message = await world.message(entry, await text(it));
  return fault === "queue lost" ? message.remove() : world.handle(entry, message);
}
