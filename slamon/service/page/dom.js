// Elements whose texts are texts: nothing here, or anywhere on the page, reads a string as HTML.

// el("p", {class: "x"}, "text", other): null children are left out
export function el(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(name, value);
    else if (value !== null && value !== undefined && value !== false) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== ""));
  return made;
}

export const byId = (id) => document.getElementById(id);

// Writes only what has changed, so that a screen reader does not hear it again.
export function say(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

// A word with its sign; the sign is for eyes alone.
export const word = (kind, sign, text) =>
  el("span", { class: `word ${kind}` }, el("span", { "aria-hidden": "true" }, `${sign} `), text);

// Roles stand there because rows become cards on narrow screens, and a browser then takes them for no table.
export const cell = (label, ...children) => el("td", { role: "cell", "data-label": label }, ...children);
export const row = (key, ...cells) => el("tr", { role: "row", "data-key": key }, ...cells);

export function asTable(table) {
  table.setAttribute("role", "table");
  for (const part of table.querySelectorAll("thead, tbody")) part.setAttribute("role", "rowgroup");
  for (const line of table.querySelectorAll("thead tr")) line.setAttribute("role", "row");
  for (const head of table.querySelectorAll("th")) head.setAttribute("role", "columnheader");
}

// Puts the children in this order; what is there already is not touched, so that focus stays where it is.
export function arrange(parent, children) {
  const wanted = new Set(children);
  for (const child of [...parent.children]) if (!wanted.has(child)) child.remove();
  children.forEach((child, index) => {
    if (parent.children[index] !== child) parent.insertBefore(child, parent.children[index] ?? null);
  });
}

// One element a key, made anew only when what it shows has changed.
export class Keyed {
  constructor(parent) {
    this.parent = parent;
    this.made = new Map();
  }

  show(entries, keyOf, make) {
    const next = new Map();
    const focused = this.parent.contains(document.activeElement) ? document.activeElement : null;
    const key = focused?.closest("[data-key]")?.dataset.key;
    for (const entry of entries) {
      const name = keyOf(entry);
      const said = JSON.stringify(entry);
      const old = this.made.get(name);
      next.set(name, old?.said === said ? old : { said, node: make(entry) });
    }
    this.made = next;
    arrange(this.parent, [...next.values()].map((one) => one.node));
    if (focused !== null && document.activeElement !== focused) this.focus(key, focused);
  }

  focus(key, before) {
    const kept = this.made.get(key)?.node;
    (before.isConnected ? before : kept?.querySelector("button, a"))?.focus();
  }
}

export const isHttp = (url) => typeof url === "string" && /^https?:\/\//i.test(url) && URL.canParse(url);

export function outside(url) {
  if (!isHttp(url)) return null;
  return el("a", { href: url, target: "_blank", rel: "noopener noreferrer", class: "outside" },
    "open", el("span", { class: "unseen" }, " in the tool, in a new tab"), el("span", { "aria-hidden": "true" }, " ↗"));
}

// Any field as text: numbers and lists too.
export const text = (value) =>
  value === null || value === undefined ? "" : Array.isArray(value) ? value.map(text).join(", ") : String(value);
