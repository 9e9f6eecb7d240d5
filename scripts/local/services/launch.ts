export type Container = {
  /** The same for every start in one folder, so that a killed run's container is found; also the name of its volume. */
  name: string;
  /** Whether the data survive a stop. */
  durable: boolean;
};

/** How to run a server in the foreground. */
export type Launch = {
  command: string;
  args: string[];
  argv0?: string;
  cwd?: string;
  env?: Record<string, string>;
  /** See `PidRecord`. */
  marker: string;
  container?: Container;
};

export type StartOptions = {
  /** Folder for data, log and pid file; one server of a kind per folder. */
  dir: string;
  /** Every commit survives a power loss, not only a killed process. */
  durable?: boolean | undefined;
  /** Aborting cancels the start. */
  signal?: AbortSignal | undefined;
  /** Receives progress messages. */
  note?: ((line: string) => void) | undefined;
};
