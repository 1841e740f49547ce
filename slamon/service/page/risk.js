// The table of what is at risk: rows stay, countdowns run by the time of the server.
import { Keyed, asTable, byId, cell, el, outside, row, say, text, word } from "./dom.js";
import { left, localTime, span } from "./time.js";

const SOON = 15 * 60;
const NEXT = 3600;
const rows = new Keyed(byId("at-risk-table").tBodies[0]);

asTable(byId("at-risk-table"));

export function showRisk(body, explain) {
  rows.show(body.clocks, (clock) => clock.clock_id, (clock) => lineOf(clock, explain));
  byId("at-risk-table").hidden = body.clocks.length === 0;
  say(byId("at-risk-note"), noteOf(body));
  byId("at-risk-note").classList.toggle("bad", !body.complete);
  tick();
}

// Once a quarter of a second: only what reads differently is written.
export function tick() {
  for (const line of byId("at-risk-table").tBodies[0].rows) {
    const seconds = left(line.dataset.due);
    const [kind, sign, said] = urgency(seconds);
    line.dataset.urgency = kind;
    const [count, told] = line.cells[0].children;
    say(count, `${seconds < 0 ? "−" : ""}${span(seconds)}`);
    if (told.dataset.kind !== kind) told.replaceChildren(word(kind, sign, said));
    told.dataset.kind = kind;
  }
}

// Words for what the colour says.
function urgency(seconds) {
  if (seconds < 0) return ["over", "✕", "due"];
  if (seconds < SOON) return ["soon", "▲", "within 15 minutes"];
  if (seconds < NEXT) return ["next", "◆", "within the hour"];
  return ["later", "○", "later"];
}

function lineOf(clock, explain) {
  const kind = clock.ticket === undefined ? "service" : "ticket";
  const context = clock.context ?? {};
  const name = el("button", { type: "button", class: "name", click: () => explain(kind, clock[kind]) }, clock[kind],
    el("span", { class: "unseen" }, `: explain this ${kind}`));
  const line = row(clock.clock_id,
    cell("Left", el("span", { class: "count" }), el("span", { class: "urgency" })),
    cell("Ticket or service", el("div", { class: "subject" }, name, " ", outside(context.url)), el("div", { class: "title" }, text(context.title))),
    cell("Promise", el("div", {}, clock.objective, clock.target ? ` in ${clock.target}` : ""),
      el("div", { class: "quiet" }, clock.policy, clock.slot && clock.slot !== "sla" && clock.slot !== clock.policy ? ` (${clock.slot})` : "")),
    cell("Customer, group", el("div", {}, text(context.customer) || "none"), el("div", { class: "quiet" }, text(context.group))),
    cell("Priority", text(clock.priority) || "none"),
    cell("Due", localTime(clock.due_at, el("time"))));
  line.dataset.due = clock.due_at;
  return line;
}

function noteOf(body) {
  const said = [];
  if (body.missing.length) said.push(`Not complete: no worker has told of partition ${body.missing.join(", ")}.`);
  if (body.truncated) said.push("Not complete: a partition holds more than can be looked at.");
  if (body.clocks.length === 0) said.push(body.complete ? "No open clock is due." : "None is known to be due.");
  else if (body.next !== null) said.push(`The ${body.clocks.length} that are due soonest. Filters show others.`);
  else said.push(body.clocks.length === 1 ? "1 open clock." : `${body.clocks.length} open clocks.`);
  return said.join(" ");
}
