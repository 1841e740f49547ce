// What is wrong for people who see little, see no colours, or see nothing; one sentence a finding.
() => {
  const found = [];
  const shown = (node) => node.checkVisibility({ visibilityProperty: true, opacityProperty: true });
  const all = (what) => [...document.querySelectorAll(what)];
  const name = (node) => (node.getAttribute("aria-label") ?? node.textContent).trim();
  const where = (node) => `${node.tagName.toLowerCase()}#${node.id}.${node.className}`;

  for (const node of all("input, select, textarea")) if (!node.labels.length && !name(node)) found.push(`no label: ${where(node)}`);
  for (const node of all("button, a[href]")) if (!name(node)) found.push(`no name: ${where(node)}`);
  for (const node of all("[aria-labelledby], [aria-describedby]")) {
    const ids = `${node.getAttribute("aria-labelledby") ?? ""} ${node.getAttribute("aria-describedby") ?? ""}`.trim().split(/\s+/);
    for (const id of ids) if (!document.getElementById(id)) found.push(`no such id: ${id}`);
  }
  const ids = all("[id]").map((node) => node.id);
  for (const id of ids) if (ids.indexOf(id) !== ids.lastIndexOf(id)) found.push(`id twice: ${id}`);
  if (all("h1").length !== 1) found.push("not one h1");
  let level = 0;
  for (const node of all("h1, h2, h3, h4").filter(shown)) {
    const own = Number(node.tagName[1]);
    if (own > level + 1) found.push(`a level left out: ${name(node)}`);
    level = own;
  }
  if (!document.documentElement.lang || !document.title || all("main").length !== 1) found.push("no lang, title or main");
  for (const node of all("[tabindex]")) if (node.tabIndex > 0) found.push(`an order of its own: ${where(node)}`);
  for (const table of all("table")) {
    if (!table.getAttribute("aria-label") && !table.getAttribute("aria-labelledby") && !table.caption) found.push(`a table without name: ${where(table)}`);
    for (const head of table.querySelectorAll("th")) if (!head.scope) found.push(`th without scope: ${name(head)}`);
  }
  if (document.documentElement.scrollWidth > document.documentElement.clientWidth) found.push(`wider than the screen: ${document.documentElement.scrollWidth}`);

  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const colour = (css) => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = css; canvas.fillRect(0, 0, 1, 1); return [...canvas.getImageData(0, 0, 1, 1).data]; };
  const light = ([r, g, b]) => [r, g, b].map((one) => one / 255).map((one) => (one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4))
    .reduce((sum, one, index) => sum + one * [0.2126, 0.7152, 0.0722][index], 0);
  const ground = (node) => {
    for (let one = node; one; one = one.parentElement) {
      const [r, g, b, a] = colour(getComputedStyle(one).backgroundColor);
      if (a === 255) return [r, g, b];
    }
    return colour("Canvas");
  };
  let measured = 0;
  for (const node of all("body *").filter(shown)) {
    const own = [...node.childNodes].filter((child) => child.nodeType === Node.TEXT_NODE).map((child) => child.data.trim()).join("");
    if (!own || node.closest(".unseen, dialog:not([open]), script, option")) continue;
    measured += 1;
    const [one, other] = [light(colour(getComputedStyle(node).color)), light(ground(node))].sort((a, b) => b - a);
    const ratio = (one + 0.05) / (other + 0.05);
    if (ratio < 4.5) found.push(`contrast ${ratio.toFixed(2)}: ${where(node)} ${own.slice(0, 40)}`);
  }
  if (measured < 20) found.push(`only ${measured} texts were measured`);
  return found;
}
