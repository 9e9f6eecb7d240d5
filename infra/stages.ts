/** A deployment stage. `local` is synthesized for one machine and never deployed. */
export type Stage = "local" | "dev" | "prod";

export type StageSettings = {
  /** `gateway` has an address that never changes, for providers that allow-list their callers; `instance` is cheap. */
  nat: "gateway" | "instance";
  /** Database servers besides the writer; one of them takes over when it fails. */
  databaseReaders: number;
  /** Aurora capacity units; the maximum fixes `max_connections` (about 1000 at 8, 250 at 2). */
  databaseCapacity: { min: number; max: number };
  databaseBackupDays: number;
  /** Deleting the stack leaves database, keys and addresses behind. */
  keepData: boolean;
  /** A new account's concurrency quota (10) is smaller than the sum: such a stack would fail to deploy. */
  reserveConcurrency: boolean;
};

const dev: StageSettings = {
  nat: "instance",
  databaseReaders: 0,
  databaseCapacity: { min: 0.5, max: 2 },
  databaseBackupDays: 1,
  keepData: false,
  reserveConcurrency: false,
};

export const stages: Record<Stage, StageSettings> = {
  local: dev,
  dev,
  prod: {
    nat: "gateway",
    databaseReaders: 1,
    databaseCapacity: { min: 0.5, max: 8 },
    databaseBackupDays: 14,
    keepData: true,
    reserveConcurrency: true,
  },
};

/** Everything in which a synthesized local stage differs from dev, besides its name; a test compares the templates. */
export const localDifferences = {
  /** Local servers do not use TLS. */
  environment: { STAGE: "local", DB_TLS: "off", REDIS_TLS: "off" },
  /** Variables whose value the local host knows only when it starts: each is a parameter of the application stack. */
  parameters: {
    PUBLIC_URL: "PublicUrl",
    DB_NAME: "DatabaseName",
    PROVIDER_BASE_URLS: "ProviderBaseUrls",
    LOOPBACK_ENDPOINTS: "LoopbackEndpoints",
  },
} as const;
