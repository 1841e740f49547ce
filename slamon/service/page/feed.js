// What became true lately. A correction marks the fact it corrects; screen readers hear what is new, not what was there.
import { arrange, byId, el, outside, say, text, word } from "./dom.js";
import { left, localTime } from "./time.js";

const SHOWN = 100;
const FRESH = 60; // seconds: what is older is history, and not announced
const SIGNS = { breach: ["over", "✕", "Breach"], warning: ["soon", "▲", "Warning"], cleared: ["fine", "✓", "Cleared"] };

const facts = new Map(); // id -> {fact, node}, oldest first
let announced = [];

export function beginFeed() {
  facts.clear();
  draw();
}

export function hearFact(fact, explain) {
  if (facts.has(fact.id)) return;
  facts.set(fact.id, { fact, node: null });
  while (facts.size > 2 * SHOWN) facts.delete(facts.keys().next().value);
  for (const one of facts.values()) {
    if (one.fact.id === fact.corrects || one.fact.id === fact.id) one.node = lineOf(one.fact, explain);
  }
  if (fact.live && left(fact.told_at) > -FRESH) announced.push(fact);
  later();
}

let waiting = false;
function later() {
  if (waiting) return;
  waiting = true;
  setTimeout(() => { waiting = false; draw(); announce(); }, 200);
}

export function draw() {
  const kind = byId("kind").value;
  const shown = [...facts.values()].filter((one) => !kind || one.fact.what === kind).reverse().slice(0, SHOWN);
  arrange(byId("facts"), shown.map((one) => one.node));
}

export function feedNote(problem) {
  const empty = facts.size === 0 ? "Nothing was told lately." : "";
  say(byId("feed-note"), problem || empty);
  byId("feed-note").classList.toggle("bad", Boolean(problem));
}

const subjectOf = (fact) => (fact.ticket === undefined ? ["service", fact.service] : ["ticket", fact.ticket]);

// The newest correction of a fact decides whether it still holds.
function withdrawn(fact) {
  let held = true;
  for (const one of facts.values()) if (one.fact.corrects === fact.id) held = one.fact.reinstates;
  return !held;
}

function lineOf(fact, explain) {
  const [kind, subject] = subjectOf(fact);
  const about = fact.what === "correction" ? (facts.get(fact.corrects)?.fact ?? fact) : fact;
  const context = about.context ?? {};
  const [tone, sign, name] = SIGNS[fact.what] ?? ["fine", "↩", fact.reinstates ? "Reinstated" : "Withdrawn"];
  const gone = withdrawn(fact);
  return el("li", { "data-key": fact.id, class: gone ? "gone" : null },
    el("div", {}, word(tone, sign, saidOf(name, fact)), gone ? word("fine", "↩", "withdrawn") : null,
      fact.live ? null : el("span", { class: "quiet" }, "told late"), localTime(fact.at, el("time", { class: "quiet" }))),
    el("div", { class: "subject" }, el("button", { type: "button", class: "name", click: () => explain(kind, subject) }, subject,
      el("span", { class: "unseen" }, `: explain this ${kind}`)), " ", outside(context.url), " ", el("span", { class: "title" }, text(context.title))),
    el("div", { class: "quiet" }, [about.objective && `${about.objective}${about.target ? ` ${about.target}` : ""}`, about.policy,
      about.priority && text(about.priority), text(context.customer), text(context.group)].filter(Boolean).join(" · ")));
}

function saidOf(name, fact) {
  const of = fact.what === "correction" ? ` ${fact.corrected_what}` : "";
  const threshold = fact.threshold ? ` ${fact.threshold}` : "";
  const reason = fact.reason ? `: ${fact.reason.replaceAll("_", " ")}` : "";
  return `${name}${of}${threshold}${reason}`;
}

// At most one sentence for what came together: a flood must not be read out.
function announce() {
  if (announced.length === 0) return;
  const counts = new Map();
  for (const fact of announced) counts.set(fact.what, (counts.get(fact.what) ?? 0) + 1);
  const one = announced[0];
  const sentence = announced.length === 1
    ? `${saidOf(SIGNS[one.what]?.[2] ?? "Correction", one)}: ${one.objective ?? ""} of ${subjectOf(one)[1]}`
    : [...counts].map(([what, count]) => `${count} ${what}`).join(", ");
  announced = [];
  say(byId("told"), sentence);
}
