// SPDX-License-Identifier: MIT
// Pictures at full size: one, with a way to its neighbours, or up to four side by side under one zoom and one window.
import { byId, make, show } from "/dom.js";
import { dropped, go, now } from "/state.js";
import { facts, findings, focusPicture, moreLike, neighbours } from "/results.js";
import * as server from "/server.js";

const viewer = byId("viewer"), panes = byId("panes");
const MOST_ZOOM = 8;
let view = { zoom: 1, x: 0, y: 0, contrast: 1, brightness: 1, invert: false };
let shown = [];

function apply() {
  panes.style.setProperty("--zoom", view.zoom);
  panes.style.setProperty("--x", `${view.x * 100}%`);
  panes.style.setProperty("--y", `${view.y * 100}%`);
  panes.style.setProperty("--contrast", view.contrast);
  panes.style.setProperty("--brightness", view.brightness);
  panes.style.setProperty("--invert", view.invert ? 1 : 0);
  byId("zoom").textContent = `${Number(view.zoom.toFixed(1))}×`;
  byId("invert").setAttribute("aria-pressed", String(view.invert));
  byId("contrast").value = view.contrast;
  byId("brightness").value = view.brightness;
}

function change(changes) {
  view = { ...view, ...changes };
  const most = (view.zoom - 1) / 2;
  view.x = Math.max(-most, Math.min(most, view.x));
  view.y = Math.max(-most, Math.min(most, view.y));
  apply();
}

const zoomBy = factor => change({ zoom: Math.max(1, Math.min(MOST_ZOOM, view.zoom * factor)) });
const reset = () => change({ zoom: 1, x: 0, y: 0, contrast: 1, brightness: 1, invert: false });

// Panes.

function caption(record, id) {
  const more = make("button", { type: "button" }, "More like this");
  more.addEventListener("click", () => moreLike(id));
  return make("figcaption", {}, make("p", { className: "what" }, findings(record)), make("p", { className: "who" },
    [facts(record), record.split && `split ${record.split}`, record.image].filter(Boolean).join(" · ")), more);
}

function frame(source, alt, text) {
  const image = make("img", { src: source, alt, draggable: false });
  const box = make("div", { className: "frame" }, image);
  image.addEventListener("error", () => box.replaceChildren(make("p", { className: "no-picture" }, "no picture")));
  return make("figure", {}, box, text);
}

async function pane(id) {
  if (id.startsWith("dropped:")) {
    const file = dropped.get(id.slice("dropped:".length));
    if (!file) throw new Error("The dropped image is no longer here.");
    return frame(file.url, "The image that was dropped", make("figcaption", {}, make("p", { className: "what" }, "Asked with"),
      make("p", { className: "who" }, file.name)));
  }
  const record = await server.record(id);
  return frame(server.image(id), `Full size: ${findings(record)}`, caption(record, id));
}

const failed = error => make("figure", {}, make("p", { className: "no-picture" }, error.message));

async function draw(ids) {
  const figures = await Promise.all(ids.map(id => pane(id).catch(failed)));
  if (ids !== shown) return;
  panes.replaceChildren(...figures);
  panes.style.setProperty("--count", ids.length);
}

// Opening and closing, as the state says.

function title(ids) {
  if (ids.length > 1) return `${ids.length} pictures side by side`;
  const list = neighbours(ids[0]), at = list.indexOf(ids[0]);
  return at < 0 ? "Picture" : `Result ${at + 1} of ${list.length}`;
}

export function update(state, before) {
  const ids = state.open.slice(0, 4);
  if (ids.length === 0) {
    shown = [];
    if (viewer.open) viewer.close();
    if (before?.open.length) focusPicture(before.open[0]);
    return;
  }
  shown = ids;
  byId("viewer-title").textContent = title(ids);
  for (const id of ["previous", "next"]) show(byId(id), ids.length === 1 && neighbours(ids[0]).length > 1);
  if (!viewer.open) {
    reset();
    viewer.showModal();
    byId("close").focus();
  }
  draw(ids);
}

function step(by) {
  const list = neighbours(shown[0]), at = list.indexOf(shown[0]);
  if (shown.length === 1 && at >= 0) go({ open: [list[(at + by + list.length) % list.length]] });
}

const KEYS = { ArrowLeft: () => step(-1), ArrowRight: () => step(1), "+": () => zoomBy(1.5), "=": () => zoomBy(1.5),
  "-": () => zoomBy(1 / 1.5), 0: reset };

function drag(start) {
  if (!start.target.closest(".frame") || view.zoom === 1) return;
  start.preventDefault();
  const box = start.target.closest(".frame").getBoundingClientRect(), { x, y } = view;
  const onMove = event => change({ x: x + (event.clientX - start.clientX) / box.width,
    y: y + (event.clientY - start.clientY) / box.height });
  addEventListener("pointermove", onMove);
  addEventListener("pointerup", () => removeEventListener("pointermove", onMove), { once: true });
}

export function begin() {
  viewer.addEventListener("cancel", event => {
    event.preventDefault();
    go({ open: [] });
  });
  viewer.addEventListener("keydown", event => {
    if (event.target.type === "range" || event.ctrlKey || event.metaKey || event.altKey || !KEYS[event.key]) return;
    event.preventDefault();
    KEYS[event.key]();
  });
  panes.addEventListener("wheel", event => {
    event.preventDefault();
    zoomBy(event.deltaY < 0 ? 1.2 : 1 / 1.2);
  }, { passive: false });
  panes.addEventListener("pointerdown", drag);
  byId("previous").addEventListener("click", () => step(-1));
  byId("next").addEventListener("click", () => step(1));
  byId("larger").addEventListener("click", () => zoomBy(1.5));
  byId("smaller").addEventListener("click", () => zoomBy(1 / 1.5));
  byId("invert").addEventListener("click", () => change({ invert: !view.invert }));
  byId("reset").addEventListener("click", reset);
  byId("close").addEventListener("click", () => go({ open: [] }));
  for (const name of ["contrast", "brightness"]) {
    byId(name).addEventListener("input", event => change({ [name]: Number(event.target.value) }));
  }
  update(now());
}
