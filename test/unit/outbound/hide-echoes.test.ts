import { expect, it } from "vitest";
import { hideEchoes } from "../../../lib/outbound/hide-echoes.ts";

const token = "abcdefgh12345678";

it.each([
  ["as it was sent", token, `got ${token}`],
  ["in JSON", token, `{"got":"${token}"}`],
  ["with an escape between its characters", token, `got ${[...token].join("%2d")}`],
  ["after a percent sign that turns its beginning into an escape", token, `100%${token}`],
  ["after a backslash that turns its beginning into an escape", `n${token}`, `got \\n${token}`],
  ["between characters that turn it into an entity", "abcdefgh", "?a&abcdefgh;"],
])("a credential that is echoed %s is hidden", (_how, sent, text) => {
  const shown = hideEchoes(text, [sent]);
  expect(shown).toContain("[redacted]");
  expect(shown).not.toContain(sent);
});
