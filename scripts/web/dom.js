// SPDX-License-Identifier: MIT
// Elements: byId("words"), and make("li", { className: "card" }, children…), in which text is text.
export const byId = id => document.getElementById(id);

export function make(tag, properties, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties || {})) {
    if (name.includes("-") || name === "role") element.setAttribute(name, value);
    else element[name] = value;
  }
  element.append(...children.filter(child => child !== null && child !== undefined && child !== ""));
  return element;
}

// Shows an element, or hides it.
export function show(element, visible) { element.hidden = !visible; }

export const plural = (count, one, many) => `${count.toLocaleString("en")} ${count === 1 ? one : many}`;
