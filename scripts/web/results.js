// SPDX-License-Identifier: MIT
// The answers as pictures in columns, and the pictures chosen for comparison.
import { byId, make, plural, show } from "/dom.js";
import { go, now } from "/state.js";
import * as server from "/server.js";

const chosen = new Set();
let models = new Map();

export function setModels(list) { models = new Map(list.map(model => [model.name, model])); }

// What is known of an image, in a line.
export function facts(hit) {
  const sex = hit.sex ?? "", age = hit.age === undefined ? "" : `${hit.age}\u00a0y`;
  return [hit.patient && `patient ${hit.patient}`, hit.view, [sex, age].filter(Boolean).join("\u00a0")].filter(Boolean).join(" · ");
}

export const findings = hit => hit.findings?.length ? hit.findings.join(", ") : "findings unknown";

// The findings that were asked for: those that the words name, else those of the image.
function asked(query, all) {
  const text = ` ${(query.text ?? "").toLowerCase().replace(/[^\p{L}\p{N}]+/gu, " ")} `;
  const named = all.filter(finding => text.includes(` ${finding.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, " ")} `));
  return new Set(named.length ? named : query.doc?.findings ?? []);
}

// Cards.

export function toggle(id) {
  if (!chosen.delete(id)) chosen.add(id);
  drawTray();
}

function drawTray() {
  const query = now().like || (now().dropped && "dropped:" + now().dropped);
  const count = new Set([...chosen, ...(query ? [query] : [])]).size;
  for (const box of document.querySelectorAll(".compare-box")) box.checked = chosen.has(box.value);
  byId("chosen").textContent = `${plural(chosen.size, "picture", "pictures")} chosen` + (query ? ", and what was asked with" : "");
  byId("compare").disabled = count < 2;
  show(byId("tray"), chosen.size > 0);
}

export function compare() {
  const state = now(), query = state.like || (state.dropped && "dropped:" + state.dropped);
  go({ open: [...new Set([...(query ? [query] : []), ...chosen])].slice(0, 4) });
}

export function forget() {
  chosen.clear();
  drawTray();
}

export const moreLike = id => go({ like: id, dropped: "", open: [] });

function picture(hit, label) {
  const [small, large] = [server.thumbnail(hit.id, 320), server.thumbnail(hit.id, 640)];
  const image = make("img", { src: small, srcset: `${small} 320w, ${large} 640w`, sizes: "(min-width: 40rem) 14rem, 45vw", alt: label,
    loading: "lazy", decoding: "async", width: 320, height: 320 });
  const instead = make("span", { className: "no-picture" }, "no picture", make("span", { className: "hidden" }, ": " + label));
  image.addEventListener("error", () => image.replaceWith(instead));
  return make("button", { type: "button", className: "picture" }, image);
}

function what(hit, wanted) {
  const list = hit.findings?.length ? hit.findings : ["findings unknown"];
  return make("p", { className: "what" }, ...list.flatMap((finding, i) =>
    [i ? ", " : "", wanted.has(finding) ? make("strong", {}, finding) : finding]));
}

function card(hit, wanted) {
  const label = `Result ${hit.rank}: ${findings(hit)}${hit.patient ? `, patient ${hit.patient}` : ""}`;
  const open = picture(hit, label);
  open.addEventListener("click", () => go({ open: [hit.id] }));
  const more = make("button", { type: "button", className: "quiet", "aria-label": `More like result ${hit.rank}` }, "More like this");
  more.addEventListener("click", () => moreLike(hit.id));
  const box = make("input", { type: "checkbox", className: "compare-box", value: hit.id, checked: chosen.has(hit.id),
    "aria-label": `Compare result ${hit.rank}` });
  box.addEventListener("change", () => toggle(hit.id));
  const meter = make("span", { className: "meter", "aria-hidden": "true" });
  meter.style.setProperty("--share", Math.max(0, Math.min(1, hit.score)));
  const shows = hit.findings?.some(finding => wanted.has(finding));
  const element = make("li", { className: shows ? "card shows" : "card" }, open, meter,
    make("p", { className: "line" }, make("span", {}, String(hit.rank)), make("span", { title: "cosine" }, hit.score.toFixed(3))),
    what(hit, wanted), make("p", { className: "who" }, facts(hit)),
    make("div", { className: "do" }, more, make("label", { className: "quiet" }, box, "Compare")));
  element.dataset.id = hit.id;
  return element;
}

// Columns.

// How many of these a model was trained on, where the splits are known.
function trained(hits) {
  if (!hits.some(hit => hit.split)) return "";
  const count = hits.filter(hit => hit.split === "train").length;
  return count === 1 ? "; 1 of them is a training image" : `; ${count || "none"} of them are training images`;
}

function summary(hits, wanted) {
  if (!wanted.size) return "";
  const good = hits.filter(hit => hit.findings?.some(finding => wanted.has(finding)));
  return `${good.length} of ${hits.length} show ${[...wanted].slice(0, 3).join(" or ")}${trained(good)}`;
}

function column(name, hits, wanted) {
  const { title = name, kind = "" } = models.get(name) ?? {};
  const list = hits.length ? make("ul", { className: "cards" }, ...hits.map(hit => card(hit, wanted)))
    : make("p", { className: "lead" }, "Nothing in the index passes the filters.");
  return make("section", { className: "column", "aria-label": [title, kind].filter(Boolean).join(", ") },
    make("div", { className: "title" }, make("h2", {}, title, " ", make("small", {}, kind)), make("p", {}, summary(hits, wanted))), list);
}

export function draw(result, all) {
  const query = result.queries[0], wanted = asked(query, all), parts = [];
  const base = [...models.values()].find(model => model.name !== result.model);
  server.remember([...query.results, ...(query.base_results ?? [])]);
  if (query.base_results) parts.push(column(base.name, query.base_results, wanted));
  parts.push(column(result.model, query.results, wanted));
  byId("columns").replaceChildren(...parts);
  byId("columns").classList.toggle("two", parts.length > 1);
  byId("count").textContent = `${plural(query.results.length, "result", "results")}, nearest first`
    + (query.base_results ? `, and ${query.base_results.length} of the base model` : "");
  byId("warnings").replaceChildren(...result.warnings.map(text => make("li", {}, text)));
  show(byId("warnings"), result.warnings.length > 0);
  drawTray();
}

export function clear() {
  byId("columns").replaceChildren();
  byId("warnings").replaceChildren();
  show(byId("warnings"), false);
  byId("count").textContent = "";
}

// The ids of the column that a picture is in, in order.
export function neighbours(id) {
  const lists = [...document.querySelectorAll(".column")].map(list => [...list.querySelectorAll(".card")].map(item => item.dataset.id));
  return lists.reverse().find(list => list.includes(id)) ?? [];
}

export function focusPicture(id) {
  for (const item of document.querySelectorAll(".card")) if (item.dataset.id === id) return item.querySelector(".picture").focus();
}

// From picture to picture by the arrow keys: sideways to the next in order, up and down to the nearest in the row above or below.

function nextInRow(pictures, from, down) {
  const here = from.getBoundingClientRect();
  let best = null, least = Infinity;
  for (const other of pictures) {
    const there = other.getBoundingClientRect();
    if (down ? there.top <= here.bottom - 1 : there.bottom >= here.top + 1) continue;
    const distance = Math.abs(there.left - here.left) + 4 * Math.abs(there.top - here.top);
    if (distance < least) [best, least] = [other, distance];
  }
  return best;
}

export function move(from, key) {
  const pictures = [...document.querySelectorAll(".picture")], at = pictures.indexOf(from);
  if (key === "ArrowLeft" || key === "ArrowRight") return pictures[at + (key === "ArrowRight" ? 1 : -1)];
  return nextInRow(pictures, from, key === "ArrowDown");
}
