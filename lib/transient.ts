/** Server error numbers of the database after which a repeat may succeed; MariaDB and MySQL agree on these. */
const databaseErrors = new Set(
  /* mutation: retry-codes */ [
    /* mutation: retry-deadlock */ 1213, /* mutation: retry-lock-wait */ 1205, 1290, 1836,
  ],
);

/** Error codes of a database or network that does not answer now, by their beginning. */
const codes = [
  // mutation: retry-connection-lost
  "PROTOCOL_",
  "ECONN",
  "EPIPE",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "ENOTFOUND",
  "CONNECTION_BUSY",
  "NO_TIME_LEFT",
  "ER_CON_",
  "ER_LOCK_",
  "ER_OPTION_PREVENTS",
  "ER_CANT_EXECUTE_IN_READ_ONLY",
  "ER_SERVER_SHUTDOWN",
];

/** Whether the database or the network was not available or asked for a retry; a refused statement is not transient. */
export function isTransient(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { errno, code } = error as Error & { errno?: number; code?: string };
  if (errno !== undefined && databaseErrors.has(errno)) return true;
  return typeof code === "string" && codes.some((beginning) => code.startsWith(beginning));
}

/**
 * The same for a call of an AWS SDK, which reports network failures by Node's error code and throttling as a client
 * fault.
 */
export function isTransientAtAws(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { name, $fault, code } = error as Error & { $fault?: string; code?: string };
  return (
    name === "TimeoutError" ||
    name === "ThrottlingException" ||
    $fault === "server" ||
    !!code?.startsWith("E")
  );
}
