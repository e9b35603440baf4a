// SPDX-License-Identifier: MIT
// The server's side of the page: see /api.
import { dropped } from "/state.js";

const TOKEN = document.querySelector("meta[name=hilum-token]").content;
const PARAMETERS = ["text", "like", "weight", "k", "view", "sex", "split", "patient", "not_patient"];

export const image = id => "/images/" + encodeURIComponent(id);
export const thumbnail = (id, side) => `/thumbnails/${encodeURIComponent(id)}?side=${side}`;

async function answer(response) {
  const value = await response.json().catch(() => null);
  if (response.ok && value) return value;
  throw new Error(value?.error?.message ?? `the server answered with status ${response.status}`);
}

async function get(path, signal) { return answer(await fetch(path, { signal })); }

export const status = () => get("/api/status");

const records = new Map();

export function remember(hits) { for (const hit of hits) records.set(hit.id, hit); }

export async function record(id) {
  if (!records.has(id)) records.set(id, await get("/api/images/" + encodeURIComponent(id)));
  return records.get(id);
}

function address(state) {
  const query = new URLSearchParams();
  for (const name of PARAMETERS) if (state[name]) query.set(name, state[name]);
  for (const finding of state.finding) query.append("finding", finding);
  if (state.answer === "both") query.set("compare", "1");
  else if (state.answer) query.set("model", state.answer);
  return query;
}

let under_way = null;

// The answer to the question of a state; whatever was asked before and is not answered yet is forgotten.
export async function ask(state) {
  under_way?.abort();
  under_way = new AbortController();
  const { signal } = under_way, query = address(state);
  if (!state.dropped) return get("/api/query?" + query, signal);
  const file = dropped.get(state.dropped);
  if (!file) throw new Error("The image is no longer here: nothing of a dropped image is kept. Drop it again.");
  query.set("name", file.name);
  return answer(await fetch("/api/query?" + query, { method: "POST", body: file.file, signal, headers: { "X-Hilum-Token": TOKEN } }));
}
