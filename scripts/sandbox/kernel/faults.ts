import { Refusal } from "./call.ts";

/** What can go wrong with an answer of the provider's API. */
export type AnswerFault = {
  /** Answer with this HTTP status instead of executing. */
  status?: number;
  /** Seconds, sent as `Retry-After`; alone it means status 429. */
  retry_after?: number;
  /** Answer with an HTML page instead of executing; status 200 unless `status` is set. */
  html?: boolean;
  /** Execute, and answer without the provider's signature. */
  unsigned?: boolean;
  /** Execute, then reset the connection: at once, or after this many real milliseconds of silence. */
  timeout_after_success?: boolean | number;
  /** PayPal: revoke all access tokens issued so far before handling the call. */
  expire_tokens?: boolean;
  /** WeChat: execute, and answer with a deliberately invalid signature, which its prefix marks as a probe. */
  signature_probes?: boolean;
  /** Refuse with this code of the provider's own list, in the provider's own form, instead of executing. */
  code?: string;
};

/** What can go wrong with a webhook as a whole. */
export type WebhookFault = {
  /** Never sent, and not retried either. */
  lose?: boolean;
  /** Sent twice at the same time. */
  duplicate?: boolean;
  /** Delay of the first attempt, in milliseconds of the injected clock. */
  delay_ms?: number;
  /** Held back until the next webhook has been sent. */
  reorder?: boolean;
};

/** What can go wrong with one attempt to deliver a webhook. */
export type AttemptFault = {
  /** One digit of the body is changed after signing. */
  tamper?: boolean;
  /** Validly signed, with an amount that is one minor unit too high. */
  wrong_amount?: boolean;
  unsigned?: boolean;
  /** As for answers. */
  signature_probes?: boolean;
};

/**
 * The active faults; absent = off. `times`: how often they apply, counted for answers, webhooks and attempts
 * separately; absent = until changed.
 */
export type FaultSettings = AnswerFault &
  WebhookFault &
  AttemptFault & {
    times?: number;
    /** Takes effect once, when set: the provider signs with a new certificate. Refused for one without certificates. */
    rotate_certificates?: boolean;
    /** Limits answer faults to calls whose path contains this. */
    path?: string;
    /** Limits answer faults to calls of this name (see `NamedCalls`). */
    on?: string;
  };

/** The calls that `on` can name, each with the provider's refusal codes for it. */
export type NamedCalls = Readonly<Record<string, readonly string[]>>;

/** One call to the provider's API. */
export type FaultedCall = {
  path: string;
  /** Its name among the simulator's `NamedCalls`; undefined: it has none. */
  name: string | undefined;
  /** Only a fault with `path` or `on` applies to it. */
  exempt: boolean;
};

export type Faults = {
  set(input: Record<string, unknown>): FaultSettings;
  onAnswer(call: FaultedCall): AnswerFault;
  onWebhook(): WebhookFault;
  onAttempt(): AttemptFault;
};

const switches = [
  "lose",
  "duplicate",
  "reorder",
  "tamper",
  "wrong_amount",
  "html",
  "unsigned",
  "expire_tokens",
  "signature_probes",
  "rotate_certificates",
] as const;
const counts = ["delay_ms", "status", "retry_after", "times"] as const;

/** The fault switches of one simulator. `calls` is called at each `set`, because the simulator is created later. */
export function createFaults(calls: () => NamedCalls): Faults {
  let settings: FaultSettings = {};
  let left = { answer: Infinity, webhook: Infinity, attempt: Infinity };

  function take<Fault extends object>(kind: keyof typeof left, fault: Fault): Partial<Fault> {
    const active = Object.values(fault).some((value) => value !== undefined && value !== false);
    if (!active || left[kind] === 0) return {};
    left[kind] -= 1;
    return fault;
  }

  return {
    set(input) {
      settings = checkNamed(parseFaults(input), calls());
      const times = settings.times ?? Infinity;
      left = { answer: times, webhook: times, attempt: times };
      return settings;
    },
    onAnswer(call) {
      if (!applies(settings, call)) return {};
      const { status, retry_after, html, unsigned, timeout_after_success } = settings;
      const { expire_tokens, signature_probes, code } = settings;
      const fault = { status, retry_after, html, unsigned, timeout_after_success, code };
      return take("answer", { ...fault, expire_tokens, signature_probes });
    },
    onWebhook() {
      const { lose, duplicate, delay_ms, reorder } = settings;
      return take("webhook", { lose, duplicate, delay_ms, reorder });
    },
    onAttempt() {
      const { tamper, wrong_amount, unsigned, signature_probes } = settings;
      return take("attempt", { tamper, wrong_amount, unsigned, signature_probes });
    },
  };
}

/** Reads `POST /_sim/faults`. Refuses an unknown name or a wrong type, so that no test sets a fault without effect. */
function parseFaults(input: Record<string, unknown>): FaultSettings {
  const settings: FaultSettings = {};
  for (const [name, value] of Object.entries(input)) {
    const found = { switch: find(switches, name), count: find(counts, name) };
    if (found.switch !== undefined && typeof value === "boolean") settings[found.switch] = value;
    else if (found.count !== undefined && isCount(value)) settings[found.count] = value;
    else if ((name === "path" || name === "on" || name === "code") && isName(value)) settings[name] = value;
    else if (name === "timeout_after_success" && (typeof value === "boolean" || isCount(value))) {
      settings.timeout_after_success = value;
    } else throw new Refusal(400, `Unknown fault: ${name} = ${JSON.stringify(value)}.`);
  }
  return settings;
}

function applies({ path, on }: FaultSettings, call: FaultedCall): boolean {
  if (path === undefined && on === undefined) return !call.exempt;
  return (path === undefined || call.path.includes(path)) && (on === undefined || on === call.name);
}

/** Refuses a call or code that the provider does not have: such a fault would have no effect or be unrealistic. */
function checkNamed(settings: FaultSettings, calls: NamedCalls): FaultSettings {
  const { code, on } = settings;
  if (on !== undefined && !Object.hasOwn(calls, on))
    throw new Refusal(400, `No call of this simulator is named ${on}: use ${listed(Object.keys(calls))}.`);
  if (code === undefined) return settings;
  if (on === undefined) throw new Refusal(400, "code refuses one kind of call: name that call in on.");
  if (!calls[on]?.includes(code))
    throw new Refusal(400, `${on} is never refused with ${code}: use ${listed(calls[on] ?? [])}.`);
  return settings;
}

function listed(names: readonly string[]): string {
  return names.length === 0 ? "no code, it has none" : `one of ${names.join(", ")}`;
}

function isName(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

function find<Name extends string>(names: readonly Name[], name: string): Name | undefined {
  return names.find((found) => found === name);
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}
