// SPDX-License-Identifier: MIT
// What is asked and what is open, as the address says it. The state changes only by go(): that writes the address and tells whoever
// listens, and so do Back and Forward.
//   text, like, weight, k, finding (list), view, sex, split, patient, not_patient, answer: the question
//   dropped: the number of an image that was dropped in this tab (see below); open: ids of the pictures that are open
const SINGLE = { text: "", like: "", dropped: "", weight: "0.4", k: "24", view: "", sex: "", split: "", patient: "", not_patient: "",
  answer: "" };
const LISTS = ["finding", "open"];

let current = read();
const listeners = [];

function read() {
  const query = new URLSearchParams(location.search), state = {};
  for (const name in SINGLE) state[name] = query.get(name) ?? SINGLE[name];
  for (const name of LISTS) state[name] = query.getAll(name);
  return state;
}

function address(state) {
  const query = new URLSearchParams();
  for (const name in SINGLE) if (state[name] !== SINGLE[name]) query.set(name, state[name]);
  for (const name of LISTS) for (const value of state[name]) query.append(name, value);
  const text = query.toString();
  return location.pathname + (text ? "?" + text : "");
}

export const now = () => current;
export const nothing = () => ({ ...SINGLE, finding: [], open: [] });
export const isQuestion = state => Boolean(state.text || state.like || state.dropped);

// What a change concerns: the question, or only what is open.
export const question = state => JSON.stringify({ ...state, open: undefined });

export function listen(listener) { listeners.push(listener); }

function tell(before) { for (const listener of listeners) listener(current, before); }

export function go(changes) {
  const before = current;
  current = { ...current, ...changes };
  if (address(current) === address(before)) return;
  history.pushState(null, "", address(current));
  tell(before);
}

addEventListener("popstate", () => {
  const before = current;
  current = read();
  tell(before);
});

// Images that were dropped, for as long as the tab is open: nothing of them is kept anywhere else.
const files = new Map();
export const dropped = {
  add(file) {
    const number = String(files.size + 1);
    files.set(number, { file, name: file.name || "pasted image", url: URL.createObjectURL(file) });
    return number;
  },
  get: number => files.get(number),
};
