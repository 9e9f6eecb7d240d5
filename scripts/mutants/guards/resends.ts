import type { Mutant } from "../mutant.ts";

const deliveries = "lib/storage/deliveries.ts";
const resend = "lib/storage/resend.ts";
const guards = "test/storage/deliveries.test.ts";
const again = "test/stories/resend.test.ts";

/** Telling a fact again, and only once the first time. */
export const resendGuards: Mutant[] = [
  {
    name: "T6: a resend is held where its endpoint has answered 410",
    file: deliveries,
    from: `!(await isResend(trx, row)) && `,
    to: "",
    tests: [guards],
  },
  {
    name: "A resend leaves the older series going",
    file: resend,
    from: `.set("old.status", "superseded")`,
    to: "",
    tests: [again],
  },
  {
    name: "A resend has another webhook-id",
    file: resend,
    from: `.select([...copied, eb.val(generation)`,
    to: `.select([...copied.slice(0, 4), eb.fn<string>("UUID").as("event_id"), ...copied.slice(5), eb.val(generation)`,
    tests: [again],
  },
  {
    name: "Two resends at once are an error for one of them",
    file: resend,
    from: `if (isDuplicate(error, "series"))
`,
    to: `if (isDuplicate(error, "another_key"))
`,
    tests: [again],
  },
  {
    name: "A resend tells the last event, whichever was named",
    file: resend,
    from: `.$if(eventId !== null, (query) => query.where("event_id", "=", eventId))`,
    to: "",
    tests: [again],
  },
  {
    name: "A fact that was told already is an error",
    file: "lib/storage/timeline.ts",
    from: `"series"`,
    to: `"another_key"`,
    tests: ["test/refund/refund-guards.test.ts"],
  },
];
