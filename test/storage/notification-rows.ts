import { randomUUID } from "node:crypto";
import type { WakeUp } from "../../lib/domain/wake-up.ts";
import type { Rows } from "../steps/rows.ts";

export type Seeded = { userId: string; endpoint: string; wakeUps: WakeUp[] };

type SeedOptions = { count?: number; dueAt: Date; userId?: string };

/** Inserts due notifications of one endpoint, as a commit leaves them; for a new merchant without `userId`. */
export async function seedNotifications(
  rows: Rows,
  { count = 1, dueAt, userId }: SeedOptions,
): Promise<Seeded> {
  const endpoint = randomUUID();
  const merchant = userId ?? (await newMerchant(rows));
  const values = Array.from({ length: count }, () => {
    const event = randomUUID();
    return [
      merchant,
      0,
      "payment",
      uniqueNumber(),
      "payment.success",
      event,
      "http://127.0.0.1:1/",
      endpoint,
      "{}",
      dueAt,
      dueAt,
      dueAt,
    ];
  });
  await rows.query(
    `INSERT INTO deliveries (user_id, order_id, subject_type, subject_id, event, event_id, url, endpoint, payload,
       due_at, created_at, updated_at) VALUES ?`,
    [values],
  );
  const seeded = await rows.query<{ id: string }>(
    "SELECT id FROM deliveries WHERE endpoint = ? ORDER BY id",
    [endpoint],
  );
  const wakeUps = seeded.map(({ id }) => ({ taskId: id, userId: merchant, generation: 1, attempt: 1 }));
  return { userId: merchant, endpoint, wakeUps };
}

async function newMerchant(rows: Rows): Promise<string> {
  const username = randomUUID();
  await rows.query("INSERT INTO users (username) VALUES (?)", [username]);
  const [user] = await rows.query<{ id: string }>("SELECT id FROM users WHERE username = ?", [username]);
  return user!.id;
}

let last = Date.now();
function uniqueNumber(): number {
  last += 1;
  return last;
}
