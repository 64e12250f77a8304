// What stands at the head of every page: language and theme.

import { h } from "./dom.js";
import { language, onLanguage, setLanguage, store, stored, t, translate } from "./language.js";

const THEME = "codekiln-theme";

export function shell() {
  const theme = stored(THEME);
  if (theme) document.documentElement.dataset.theme = theme;
  const place = document.querySelector("#switches");
  const draw = () => place.replaceChildren(languageButton(), themeButton(draw));
  onLanguage(draw);
  translate();
  draw();
}

function languageButton() {
  const other = language() === "en" ? "zh" : "en";
  const name = other === "en" ? "English" : "中文";
  const tag = other === "en" ? "en" : "zh-Hans";
  return h("button", { type: "button", id: "language", lang: tag, onclick: () => change(other) }, name);
}

function change(name) {
  setLanguage(name);
  document.querySelector("#language").focus();
}

function themeButton(draw) {
  const dark = isDark();
  const press = () => {
    document.documentElement.dataset.theme = dark ? "light" : "dark";
    store(THEME, dark ? "light" : "dark");
    draw();
    document.querySelector("#theme").focus();
  };
  return h("button", { type: "button", id: "theme", onclick: press }, t(dark ? "light" : "dark"));
}

function isDark() {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}
