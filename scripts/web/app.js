// SPDX-License-Identifier: MIT
// The page: the form says what is asked (state.js), the server answers (server.js), the answers are drawn (results.js), and pictures are
// opened (viewer.js).
import { byId, make, plural, show } from "/dom.js";
import { dropped, go, isQuestion, listen, nothing, now, question } from "/state.js";
import * as results from "/results.js";
import * as server from "/server.js";
import * as viewer from "/viewer.js";

const FIELDS = ["text", "view", "sex", "split", "patient", "not_patient", "k", "answer"];
const field = name => byId(name === "text" ? "words" : name);
let status = null;
const allFindings = () => status.filters.finding.map(entry => entry.value);

// The form.

const number = count => make("span", { className: "number" }, count.toLocaleString("en"));

function option(value, text) { return make("option", { value }, text); }

function fillFilters() {
  for (const name of ["view", "sex", "split"]) {
    const values = status.filters[name], select = byId(name);
    const shown = entry => `${entry.value} (${entry.count.toLocaleString("en")})`;
    select.replaceChildren(option("", "any"), ...values.map(entry => option(entry.value, shown(entry))));
    show(select.parentElement, values.length > 1);
  }
  const checks = status.filters.finding.map(entry => make("label", {},
    make("input", { type: "checkbox", name: "finding", value: entry.value }), make("span", {}, entry.value), number(entry.count)));
  document.querySelector("#findings .checks").replaceChildren(...checks);
  show(byId("findings"), checks.length > 0);
  byId("known").replaceChildren(...allFindings().map(finding => option(finding, "")));
  for (const element of document.querySelectorAll(".patient")) show(element, !status.anonymous);
}

function fillAnswers() {
  const names = status.models.map(model => option(model.name === status.model ? "" : model.name, model.title));
  byId("answer").replaceChildren(...names.reverse(), ...(names.length > 1 ? [option("both", "both")] : []));
}

function fillFacts() {
  const main = status.models.find(model => model.name === status.model);
  const labels = main.embedded === "image+caption" ? ", embedded with their captions" : "";
  byId("facts").textContent = `${status.name} · ${plural(main.count, "image", "images")}${labels} · ${main.title}`;
  byId("privacy").textContent = status.anonymous ? "Patient numbers and file names are left out."
    : "This page shows images and patient numbers: treat it like the data it was made from.";
}

function drawMix() {
  const state = now(), weight = Number(byId("weight").value);
  show(byId("mix"), Boolean(state.like || state.dropped) && Boolean(field("text").value.trim()));
  byId("share").textContent = `image ${Math.round(weight * 100)} %, words ${Math.round((1 - weight) * 100)} %`;
}

function drawActive(state) {
  const count = state.finding.length + ["view", "sex", "split", "patient", "not_patient"].filter(name => state[name]).length;
  byId("active").textContent = `${count} on`;
  show(byId("active"), count > 0);
}

async function drawAsked(state) {
  const file = state.dropped && dropped.get(state.dropped), id = state.like;
  show(byId("invite"), !state.dropped && !id);
  show(byId("asked"), Boolean(state.dropped || id));
  if (!state.dropped && !id) return;
  const remove = make("button", { type: "button", className: "quiet" }, "Remove");
  remove.addEventListener("click", () => {
    go({ like: "", dropped: "" });
    byId("choose").focus();
  });
  const source = file ? file.url : id && server.thumbnail(id, 320);
  const image = source ? make("img", { src: source, alt: "The image that is asked with" })
    : make("span", { className: "no-picture" }, "gone");
  const text = make("div", {}, make("p", { className: "what" }, id ? "Like this one" : "Dropped image"),
    make("p", { className: "who" }, file ? file.name : id), remove);
  byId("asked").replaceChildren(image, text);
  if (!id) return;
  const record = await server.record(id).catch(() => null);
  if (record && now().like === id) text.querySelector(".what").textContent = results.findings(record);
}

// A dropped image that the index turned out to have.
function drawKnown(query) {
  const name = document.querySelector("#asked .who");
  if (!now().dropped || !query.own || !name) return;
  const as = query.doc.image ? ` as ${query.doc.image}` : "";
  name.after(make("p", { className: "who" }, `In the index${as}: ${results.findings(query.doc)}. Left out of the results.`));
}

function drawForm(state) {
  for (const name of FIELDS) field(name).value = state[name];
  byId("weight").value = state.weight;
  for (const box of document.querySelectorAll("input[name=finding]")) box.checked = state.finding.includes(box.value);
  drawMix();
  drawActive(state);
  drawAsked(state);
}

function readForm() {
  const values = { weight: String(Number(byId("weight").value)), finding: [] };
  for (const name of FIELDS) values[name] = field(name).value.trim();
  for (const box of document.querySelectorAll("input[name=finding]:checked")) values.finding.push(box.value);
  return values;
}

// Asking.

function fail(error) {
  results.clear();
  byId("problem").textContent = error.message;
  show(byId("problem"), true);
}

async function answer(state) {
  show(byId("problem"), false);
  show(byId("welcome"), !isQuestion(state));
  document.title = state.text ? `${state.text} · hilum` : isQuestion(state) ? "Like this · hilum" : "hilum";
  if (!isQuestion(state)) return results.clear();
  byId("results").setAttribute("aria-busy", "true");
  try {
    const result = await server.ask(state);
    results.draw(result, allFindings());
    drawKnown(result.queries[0]);
  } catch (error) {
    if (error.name === "AbortError") return;
    fail(error);
  }
  byId("results").removeAttribute("aria-busy");
}

async function update(state, before) {
  if (!before || question(state) !== question(before)) {
    drawForm(state);
    await answer(state);
  }
  viewer.update(state, before);
}

// Images that are dropped, pasted or chosen.

function take(file) {
  if (!file) return;
  if (!/^image\/(png|jpeg)$/.test(file.type)) return fail(new Error(`${file.name || "That"} is neither PNG nor JPEG.`));
  const most = status.limits.upload;
  if (file.size > most) return fail(new Error(`${file.name} is larger than the ${Math.floor(most / 2 ** 20)} MiB that are taken.`));
  go({ ...readForm(), dropped: dropped.add(file), like: "", open: [] });
}

function listenForDrops() {
  let depth = 0;
  const curtain = visible => show(byId("curtain"), visible);
  const hasFiles = event => event.dataTransfer?.types.includes("Files");
  addEventListener("dragenter", event => { if (hasFiles(event)) { depth++; curtain(true); } });
  addEventListener("dragleave", event => { if (hasFiles(event) && --depth <= 0) { depth = 0; curtain(false); } });
  addEventListener("dragover", event => { if (hasFiles(event)) event.preventDefault(); });
  addEventListener("drop", event => {
    depth = 0;
    curtain(false);
    if (!hasFiles(event)) return;
    event.preventDefault();
    take(event.dataTransfer.files[0]);
  });
  addEventListener("paste", event => {
    const file = [...event.clipboardData.files].find(item => item.type.startsWith("image/"));
    if (!file) return;
    event.preventDefault();
    take(file);
  });
  byId("choose").addEventListener("click", () => byId("file").click());
  byId("file").addEventListener("change", event => {
    take(event.target.files[0]);
    event.target.value = "";
  });
}

// Keys.

const isTyping = element => element.matches("input:not([type=checkbox]):not([type=range]), select, textarea");

function onPicture(event, picture) {
  const id = picture.closest(".card").dataset.id;
  if (event.key.startsWith("Arrow")) results.move(picture, event.key)?.focus();
  else if (event.key === "m") results.moreLike(id);
  else if (event.key === "c") results.toggle(id);
  else return;
  event.preventDefault();
}

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]") || isTyping(event.target)) return;
  const picture = event.target.closest(".picture");
  if (picture) onPicture(event, picture);
  if (event.key !== "/") return;
  event.preventDefault();
  byId("words").focus();
  byId("words").select();
}

// The beginning.

function example(entry) {
  if (!entry.example || !status.pictures) return "";
  const image = make("img", { src: server.thumbnail(entry.example, 320), alt: `An image with ${entry.value}: `, loading: "lazy",
    width: 320, height: 320 });
  image.addEventListener("error", () => image.remove());
  return image;
}

function drawBeginnings() {
  const entries = [...status.filters.finding].sort((a, b) => b.count - a.count);
  byId("beginnings").replaceChildren(...entries.map(entry => {
    const button = make("button", { type: "button" }, example(entry), make("span", {}, entry.value), " ", number(entry.count));
    button.addEventListener("click", () => go({ text: entry.value }));
    return make("li", {}, button);
  }));
}

function listenToForm() {
  const submit = () => go(readForm());
  byId("ask").addEventListener("submit", event => {
    event.preventDefault();
    const before = question(now());
    submit();
    if (before === question(now())) answer(now());
  });
  byId("ask").addEventListener("change", event => { if (event.target.id !== "file") submit(); });
  byId("ask").addEventListener("input", drawMix);
  byId("clear").addEventListener("click", () => go(nothing()));
  byId("home").addEventListener("click", event => {
    event.preventDefault();
    go(nothing());
  });
  byId("compare").addEventListener("click", results.compare);
  byId("forget").addEventListener("click", results.forget);
  byId("show-keys").addEventListener("click", () => byId("keys").showModal());
  byId("close-keys").addEventListener("click", () => byId("keys").close());
}

async function begin() {
  try {
    status = await server.status();
  } catch (error) {
    return fail(error);
  }
  results.setModels(status.models);
  fillFilters();
  fillAnswers();
  fillFacts();
  drawBeginnings();
  if (matchMedia("(max-width: 52rem)").matches) byId("filters").open = false;
  listenToForm();
  listenForDrops();
  addEventListener("keydown", onKey);
  listen(update);
  await update(now());
  viewer.begin();
}

begin();
