// One ticket or service, explained: enough to check the verdict with a pencil.
import { byId, el, outside, text, word } from "./dom.js";
import { get } from "./api.js";
import { local, localTime, span } from "./time.js";

const SHOWN = 100; // of a long list the newest
const STAGES = { active: ["next", "◆"], paused: ["later", "‖"], met: ["fine", "✓"], missed: ["over", "✕"], cancelled: ["later", "○"] };
let asked = 0;

export async function explain(kind, id) {
  const mine = ++asked;
  const body = byId("subject-body");
  byId("subject-title").textContent = `${kind === "ticket" ? "Ticket" : "Service"} ${id}`;
  body.replaceChildren(el("p", { role: "status" }, "Loading"));
  if (!byId("subject").open) byId("subject").showModal();
  try {
    const found = await get(`/${kind}s/${encodeURIComponent(id)}`);
    if (mine === asked) body.replaceChildren(...explained(found));
  } catch (problem) {
    if (mine === asked) body.replaceChildren(el("p", { class: "note bad", role: "alert" }, saidOf(problem)));
  }
}

byId("subject-close").addEventListener("click", () => byId("subject").close());
byId("subject").addEventListener("close", () => { asked += 1; });

function saidOf(problem) {
  return problem.status ? `${problem.message} (${problem.status} ${problem.error})` : "No answer: the connection is lost.";
}

function explained(found) {
  const context = found.clocks[0]?.context ?? found.fields ?? {};
  return [
    el("p", {}, text(context.title), " ", outside(context.url)),
    facts([["As of", local(found.at)], ["Created", local(found.created_at)], ...Object.entries(found.fields ?? {})
      .filter(([name]) => !["title", "url"].includes(name)).slice(0, 40).map(([name, value]) => [name, shown(value)])]),
    ...(found.clocks.length ? found.clocks.map(clockOf) : [el("p", { class: "note" }, "No policy covers it: there is no clock.")]),
    ...(found.corrected?.length ? [el("p", { class: "quiet" }, `${found.corrected.length} corrected facts.`)] : []),
  ];
}

const shown = (value) => (value !== null && typeof value === "object" && !Array.isArray(value) ? JSON.stringify(value) : text(value));

function facts(pairs) {
  const kept = pairs.filter(([, value]) => value !== "" && value !== null && value !== undefined);
  return el("dl", {}, kept.flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, value)]));
}

function clockOf(clock) {
  const [kind, sign] = STAGES[clock.stage] ?? ["later", "?"];
  const told = clock.explanation ?? {};
  return el("section", { class: "clock" },
    el("h3", {}, `${clock.objective} `, word(kind, sign, clock.stage), clock.breached_at ? word("over", "✕", "broken") : null),
    facts(figures(clock)),
    table("Counted", ["from", "until", "time"], stretches(told.counted)),
    table("Paused", ["from", "until", "time", "why"], stretches(told.pauses)),
    table("Outages", ["from", "until", "time", "why"], stretches(told.outages)),
    table("Left out", ["from", "until", "time", "why"], stretches(Array.isArray(told.excluded) ? told.excluded : [])),
    table("Not known", ["from", "until", "time", "why"], stretches(told.unknown)),
    table("Told", ["threshold", "when"], Object.entries(told.thresholds ?? {}).map(([name, at]) => [name, local(at)])),
    told.truncated ? el("p", { class: "quiet" }, "What is older is in the figures alone.") : null,
    told.not_known?.length ? el("p", { class: "note bad" }, `Not known: ${told.not_known.map(text).join("; ")}`) : null);
}

function figures(clock) {
  const told = clock.explanation ?? {};
  const closed = told.excluded && !Array.isArray(told.excluded) ? told.excluded : {};
  return [
    ["Policy", [clock.policy, ` (${clock.policy_kind}${clock.agreement ? `, ${clock.agreement}` : ""})`].join("")],
    ["Target", clock.target ? `${clock.target.text} (${clock.target.from})` : null],
    ["Elapsed", seconds(clock.elapsed_seconds)],
    [clock.remaining_seconds < 0 ? "Over by" : "Remaining", seconds(clock.remaining_seconds)],
    ["State", clock.state],
    ["Availability", typeof clock.availability === "number" ? `${(100 * clock.availability).toFixed(4)} %` : null],
    ["Budget left", seconds(clock.budget?.remaining_seconds)],
    ["Started", local(clock.cycle_start)],
    ["Due", clock.due_at ? localTime(clock.due_at, el("time")) : clock.stage === "paused" ? "not while it is paused" : null],
    ["Broken", local(clock.breached_at)],
    ["Ended", clock.ended_at ? `${local(clock.ended_at)} (${text(clock.ended_by)})` : null],
    ["Calendar", told.calendar ? `${told.calendar}, ${told.zone}` : null],
    ["Closed hours", closed.closed_seconds ? span(closed.closed_seconds) : null],
    ["Holidays", closed.holiday_seconds ? span(closed.holiday_seconds) : null],
    ["By status", totals(told.by_status)],
    ["By group", totals(told.by_group)],
  ];
}

const seconds = (value) => (typeof value === "number" ? span(value) : null);
const totals = (values) => Object.entries(values ?? {}).map(([name, value]) => `${name || "none"} ${span(value)}`).join(", ");

function stretches(list = []) {
  return (list ?? []).map((one) => [local(one.from), local(one.to ?? one.until) || "now", seconds(one.seconds ?? lasted(one)) ?? "", text(one.reason ?? one.why)]);
}

function lasted(one) {
  const until = one.to ?? one.until;
  return until ? (Date.parse(until) - Date.parse(one.from)) / 1000 : null;
}

function table(title, heads, lines) {
  if (lines.length === 0) return null;
  const caption = lines.length > SHOWN ? `${title}: the newest ${SHOWN} of ${lines.length}` : title;
  return el("div", { class: "scroll" }, el("table", { class: "plain" }, el("caption", {}, caption),
    el("thead", {}, el("tr", {}, heads.map((head) => el("th", { scope: "col" }, head)))),
    el("tbody", {}, lines.slice(-SHOWN).map((line) => el("tr", {}, line.slice(0, heads.length).map((value) => el("td", {}, value)))))));
}
