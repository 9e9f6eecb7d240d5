/** By an invariant's name: ways to break it and nothing else in the rows of a life, each a list of statements. */
export type Plants = Record<string, string[][]>;

/** One row that fits, in a variable. */
export const pick = (name: string, table: string, where: string) =>
  `SELECT MIN(id) INTO @${name} FROM ${table} WHERE ${where}`;
/** A received notification whose order was told of nothing else, as @task, with its order as @of. */
export const onlyTask = [
  `SELECT MIN(id) INTO @task FROM notify_queue WHERE status = 'success' AND attempt = 1 AND generation = 1
   AND order_id IN (SELECT order_id FROM (SELECT order_id FROM notify_queue GROUP BY order_id HAVING COUNT(*) = 1) alone)`,
  "SELECT order_id, user_id INTO @of, @owner FROM notify_queue WHERE id = @task",
];
