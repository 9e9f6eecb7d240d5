/** By an invariant's name: ways to break only this invariant in the test data, each a list of statements. */
export type Violations = Record<string, string[][]>;

/** Selects the id of the first matching row into a variable. */
export const pick = (name: string, table: string, where: string) =>
  `SELECT MIN(id) INTO @${name} FROM ${table} WHERE ${where}`;
/** A received delivery whose order has no other one, as @task, with its order as @of and its merchant as @owner. */
export const onlyTask = [
  `SELECT MIN(id) INTO @task FROM deliveries WHERE status = 'success' AND attempt = 1 AND generation = 1
   AND order_id IN (SELECT order_id FROM (SELECT order_id FROM deliveries GROUP BY order_id HAVING COUNT(*) = 1) alone)`,
  "SELECT order_id, user_id INTO @of, @owner FROM deliveries WHERE id = @task",
];

/** An API call record. Columns that are not passed are those of a valid call of a merchant. */
export function apiCall(columns: {
  user?: string;
  key?: string;
  order?: string;
  request?: string;
  answer?: string;
}) {
  const { user = "(SELECT MIN(id) FROM users)", key = `CONCAT('m', ${user}, 'k0123abcd')` } = columns;
  const { order = "NULL", request = "{}", answer = `{"data":{"qr_code":"[0 characters]"}}` } = columns;
  return `INSERT INTO api_calls (request_id, user_id, key_id, at, method, path, http_status, duration_ms, source,
      user_agent, order_no, request, answer)
    VALUES ('planted', ${user}, ${key}, :now, 'GET', '/', 200, 1, '', '', ${order}, '${request}', '${answer}')`;
}
