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
  /** PayPal: every access token given so far is revoked before the call is looked at. */
  expire_tokens?: boolean;
  /** WeChat: executed, and answered with a signature that is wrong on purpose and says so by its prefix. */
  signature_probes?: boolean;
  /** Refuse with this code of the provider's own list, in the provider's own form, instead of executing. */
  code?: string;
};

/** What can go wrong with a webhook as a whole. */
export type WebhookFault = {
  /** Never sent, not even again. */
  lose?: boolean;
  /** Sent twice at the same time. */
  duplicate?: boolean;
  /** The first attempt comes so much later, on the injected clock. */
  delay_ms?: number;
  /** Held back until the next webhook has been sent. */
  reorder?: boolean;
};

/** What can go wrong with one attempt to deliver a webhook. */
export type AttemptFault = {
  /** One digit of the body is changed after signing. */
  tamper?: boolean;
  /** Truly signed, with one minor unit more. */
  wrong_amount?: boolean;
  unsigned?: boolean;
  /** As for answers. */
  signature_probes?: boolean;
};

/**
 * The faults in force; absent = off. `times`: how often they apply, counted for answers, webhooks and attempts
 * separately; absent = until changed.
 */
export type FaultSettings = AnswerFault &
  WebhookFault &
  AttemptFault & {
    times?: number;
    /** Done once, when it is set: the provider signs with a new certificate. Refused where there is none. */
    rotate_certificates?: boolean;
    /** Answer faults only: for calls whose path contains this, and no others. */
    path?: string;
    /** Answer faults only: for calls that the simulator calls so (`NamedCalls`), and no others. */
    on?: string;
  };

/** The calls that `on` can name, each with the codes with which the provider may refuse it. */
export type NamedCalls = Readonly<Record<string, readonly string[]>>;

/** One call to the provider's API. */
export type FaultedCall = {
  path: string;
  /** Its name among the simulator's `NamedCalls`; undefined: it has none. */
  name: string | undefined;
  /** Only a fault that names its path or its name applies to it. */
  spared: boolean;
};

export type Faults = {
  set(wanted: Record<string, unknown>): FaultSettings;
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

/** The fault switches of one simulator. `calls`: asked at each setting, for it is known once the simulator is made. */
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
    set(wanted) {
      settings = checkNamed(parseFaults(wanted), calls());
      const times = settings.times ?? Infinity;
      left = { answer: times, webhook: times, attempt: times };
      return settings;
    },
    onAnswer(call) {
      if (!isMeant(settings, call)) return {};
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

/** Reads `POST /_sim/faults`. An unknown name or a wrong type is refused, so that a test cannot switch on nothing. */
function parseFaults(wanted: Record<string, unknown>): FaultSettings {
  const settings: FaultSettings = {};
  for (const [name, value] of Object.entries(wanted)) {
    const known = { switch: find(switches, name), count: find(counts, name) };
    if (known.switch !== undefined && typeof value === "boolean") settings[known.switch] = value;
    else if (known.count !== undefined && isCount(value)) settings[known.count] = value;
    else if ((name === "path" || name === "on" || name === "code") && isName(value)) settings[name] = value;
    else if (name === "timeout_after_success" && (typeof value === "boolean" || isCount(value))) {
      settings.timeout_after_success = value;
    } else throw new Refusal(400, `Not a fault this simulator knows: ${name} = ${JSON.stringify(value)}.`);
  }
  return settings;
}

function isMeant({ path, on }: FaultSettings, call: FaultedCall): boolean {
  if (path === undefined && on === undefined) return !call.spared;
  return (path === undefined || call.path.includes(path)) && (on === undefined || on === call.name);
}

/** A misspelt call or code would switch on nothing, or a refusal that the provider never gives. */
function checkNamed(settings: FaultSettings, calls: NamedCalls): FaultSettings {
  const { code, on } = settings;
  if (on !== undefined && !Object.hasOwn(calls, on))
    throw new Refusal(400, `No call of this simulator is named ${on}: take ${listed(Object.keys(calls))}.`);
  if (code === undefined) return settings;
  if (on === undefined) throw new Refusal(400, "A code refuses one kind of call: name it in on.");
  if (!calls[on]?.includes(code))
    throw new Refusal(400, `${on} is never refused with ${code}: take ${listed(calls[on] ?? [])}.`);
  return settings;
}

function listed(names: readonly string[]): string {
  return names.length === 0 ? "none, it names none" : `one of ${names.join(", ")}`;
}

function isName(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

function find<Name extends string>(names: readonly Name[], name: string): Name | undefined {
  return names.find((known) => known === name);
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}
