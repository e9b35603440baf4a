// SPDX-License-Identifier: MIT
// What somebody who cannot see, cannot point, or sees little would stumble over: a list of faults, to be evaluated in a page. By hand
// after the rules of WCAG 2.2 that a program can check: 1.1.1, 1.3.1, 1.4.3, 1.4.10, 1.4.11, 2.4.7, 2.5.8, 4.1.2, 4.1.3.
(() => {
  const faults = [];
  const visible = e => e.checkVisibility({ visibilityProperty: true }) && e.getClientRects().length > 0;
  const all = selector => [...document.querySelectorAll(selector)].filter(visible);
  const where = e => e.tagName.toLowerCase() + (e.id ? "#" + e.id : e.className ? "." + e.className : "");
  const referred = (e, attribute) => (e.getAttribute(attribute) || "").split(" ").filter(Boolean);

  // Names.
  const texts = list => list.map(e => e?.textContent || "").join(" ").trim();
  const name = e => e.getAttribute("aria-label") || texts(referred(e, "aria-labelledby").map(id => document.getElementById(id)))
    || texts([...(e.labels || [])]) || texts([e]) || [...e.querySelectorAll("img")].map(image => image.alt).join("").trim();
  for (const e of all("button, input, select, a, summary, dialog, form, [role=region], [role=group]"))
    if (!name(e)) faults.push("no name: " + where(e));
  for (const e of document.images) if (!e.alt.trim()) faults.push("no alt: " + where(e));

  // Structure.
  const ids = [...document.querySelectorAll("[id]")].map(e => e.id);
  for (const id of ids) if (ids.indexOf(id) !== ids.lastIndexOf(id)) faults.push("twice: #" + id);
  for (const attribute of ["aria-labelledby", "for"])
    for (const e of document.querySelectorAll(`[${attribute}]`))
      for (const id of referred(e, attribute)) if (!ids.includes(id)) faults.push("points nowhere: " + where(e));
  if (all("h1").length !== 1) faults.push("not one h1");
  let level = 1;
  for (const e of all("h1, h2, h3")) {
    if (Number(e.tagName[1]) > level + 1) faults.push("heading skips a level: " + where(e));
    level = Number(e.tagName[1]);
  }
  for (const landmark of ["header", "main", "form[role=search]", "footer"])
    if (all(landmark).length !== 1) faults.push("not one " + landmark);
  if (!document.documentElement.lang || !document.title) faults.push("no language or title");
  if (!document.querySelector("#count[aria-live=polite]") || !document.querySelector("#problem[role=alert]")) faults.push("silent");
  for (const e of all("[tabindex]")) if (Number(e.getAttribute("tabindex")) > 0) faults.push("out of order: " + where(e));

  // Colours.
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const rgba = color => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = (top, under) => [0, 1, 2].map(i => top[i] * top[3] + under[i] * (1 - top[3])).concat(1);
  const paper = e => {
    const own = rgba(getComputedStyle(e).backgroundColor);
    return own[3] === 1 ? own : over(own, e.parentElement ? paper(e.parentElement) : [255, 255, 255, 1]);
  };
  const linear = v => (v / 255 <= .04045 ? v / 255 / 12.92 : ((v / 255 + .055) / 1.055) ** 2.4);
  const light = ([r, g, b]) => .2126 * linear(r) + .7152 * linear(g) + .0722 * linear(b);
  const contrast = (color, back) => {
    const [a, b] = [light(over(color, back)), light(back)];
    return (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
  };
  const written = new Set(all("input:not([type=checkbox]):not([type=range]), select"));
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const { data, parentElement } = walker.currentNode;
    if (data.trim() && visible(parentElement)) written.add(parentElement);
  }
  for (const e of written) {
    const style = getComputedStyle(e), ratio = contrast(rgba(style.color), paper(e));
    if (ratio < 4.5) faults.push(`contrast ${ratio.toFixed(2)}: ${where(e)} "${e.textContent.slice(0, 20)}"`);
    if (parseFloat(style.fontSize) < 11.9) faults.push("small letters: " + where(e));
  }
  for (const e of all("input:not([type=checkbox]):not([type=range]), select, .drop")) {
    const ratio = contrast(rgba(getComputedStyle(e).borderTopColor), paper(e.parentElement));
    if (ratio < 3) faults.push(`edge ${ratio.toFixed(2)}: ${where(e)}`);
  }

  // Focus, size, width.
  const before = document.activeElement;
  for (const e of all("button, a, input, select, summary")) {
    e.focus({ preventScroll: true });
    if (document.activeElement !== e) continue;
    const style = getComputedStyle(e);
    if (style.outlineStyle === "none" || parseFloat(style.outlineWidth) < 2) faults.push("focus is not seen: " + where(e));
    else if (contrast(rgba(style.outlineColor), paper(e.parentElement)) < 3) faults.push("focus is hardly seen: " + where(e));
  }
  before?.focus({ preventScroll: true });
  for (const e of all("button:not(.link), select, input:not([type=checkbox]):not([type=range])")) {
    const box = e.getBoundingClientRect();
    if (box.width < 24 || box.height < 24) faults.push("hard to hit: " + where(e));
  }
  const root = document.documentElement;
  if (root.scrollWidth > root.clientWidth) faults.push(`${root.scrollWidth - root.clientWidth} px wider than the window`);
  return faults;
})()
