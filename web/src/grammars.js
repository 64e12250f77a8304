// How the editor colours each language; one that is missing here is written in one colour.

import { cpp } from "@codemirror/lang-cpp";
import { css } from "@codemirror/lang-css";
import { go } from "@codemirror/lang-go";
import { html } from "@codemirror/lang-html";
import { java } from "@codemirror/lang-java";
import { javascript } from "@codemirror/lang-javascript";
import { php } from "@codemirror/lang-php";
import { python } from "@codemirror/lang-python";
import { rust } from "@codemirror/lang-rust";
import { sql } from "@codemirror/lang-sql";
import { StreamLanguage } from "@codemirror/language";
import { csharp, kotlin, scala } from "@codemirror/legacy-modes/mode/clike";
import { lua } from "@codemirror/legacy-modes/mode/lua";
import { ruby } from "@codemirror/legacy-modes/mode/ruby";
import { shell } from "@codemirror/legacy-modes/mode/shell";
import { swift } from "@codemirror/legacy-modes/mode/swift";

const stream = (mode) => () => StreamLanguage.define(mode);

const grammars = {
  python,
  javascript,
  typescript: () => javascript({ typescript: true }),
  tsx: () => javascript({ typescript: true, jsx: true }),
  java,
  c: cpp,
  cpp,
  csharp: stream(csharp),
  go,
  rust,
  php: () => php({ plain: true }),
  ruby: stream(ruby),
  bash: stream(shell),
  kotlin: stream(kotlin),
  swift: stream(swift),
  scala: stream(scala),
  lua: stream(lua),
  sql,
  html,
  css,
};

export const grammarOf = (language) => grammars[language]?.() ?? [];
