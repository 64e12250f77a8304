// The two languages of the pages. What a page says stands in `messages`, by key.

import { messages } from "./messages.js";

const KEY = "codekiln-language";
const listeners = [];
let current = stored(KEY) || ((navigator.language || "").toLowerCase().startsWith("zh") ? "zh" : "en");

export const language = () => current;

// A message with its {names} filled in; one that is missing is a mistake of ours and shows as its key.
export function t(key, values = {}) {
  const text = messages[current][key] ?? key;
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}

// The name of something that the server knows by a short word; of an unknown one the word itself.
export const nameOf = (kind, word) => messages[current][`${kind}-${word}`] ?? word;

export function onLanguage(listener) {
  listeners.push(listener);
}

export function setLanguage(name) {
  current = name;
  store(KEY, name);
  translate();
  listeners.forEach((listener) => listener());
}

// Every element that names a message has its text, or one of its attributes.
export function translate(root = document) {
  document.documentElement.lang = current === "zh" ? "zh-Hans" : "en";
  root.querySelectorAll("[data-t]").forEach((element) => (element.textContent = t(element.dataset.t)));
  root.querySelectorAll("[data-label]").forEach((element) => element.setAttribute("aria-label", t(element.dataset.label)));
}

// A page that was opened as a file may have no storage.
export function stored(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

export function store(key, value) {
  try {
    localStorage.setItem(key, value);
  } catch {
    // then it is forgotten with the page
  }
}
