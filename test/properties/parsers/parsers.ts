import { answerParsers } from "./answers.ts";
import { messageParsers } from "./messages.ts";
import type { Parser } from "./parser.ts";
import { requestParsers } from "./requests.ts";
import { settingParsers } from "./settings.ts";
import { webhookParsers } from "./webhooks.ts";

/** All parsers of data that others have written. */
export const parsers: readonly Parser[] = [
  ...requestParsers,
  ...webhookParsers,
  ...answerParsers,
  ...messageParsers,
  ...settingParsers,
];
