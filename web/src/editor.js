// The editor: CodeMirror with ghost text behind the cursor. It stands in a shadow root, where its styles are
// sheets of its own and a page's policy needs no exception.

import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { bracketMatching, HighlightStyle, indentOnInput, syntaxHighlighting } from "@codemirror/language";
import { Compartment, EditorState, Prec, StateEffect, StateField } from "@codemirror/state";
import {
  Decoration,
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  highlightSpecialChars,
  keymap,
  lineNumbers,
  WidgetType,
} from "@codemirror/view";
import { tags } from "@lezer/highlight";

const setGhost = StateEffect.define();

class Ghost extends WidgetType {
  constructor(text) {
    super();
    this.text = text;
  }

  eq(other) {
    return other.text === this.text;
  }

  toDOM() {
    const span = document.createElement("span");
    span.className = "cm-ghost";
    span.textContent = this.text;
    return span;
  }
}

// The suggestion, until something else is typed than what it says.
const ghost = StateField.define({
  create: () => "",
  update(text, transaction) {
    for (const effect of transaction.effects) if (effect.is(setGhost)) return effect.value;
    if (transaction.docChanged) return leftOf(text, transaction.changes, transaction.newSelection.main.head) ?? "";
    return transaction.selection ? "" : text;
  },
  provide: (field) =>
    EditorView.decorations.from(field, (text) => (view) => {
      if (!text) return Decoration.none;
      const widget = Decoration.widget({ widget: new Ghost(text), side: 1 });
      return Decoration.set([widget.range(view.state.selection.main.head)]);
    }),
});

// What is left of a suggestion after a change that typed its beginning; null after any other.
function leftOf(text, changes, head) {
  let inserted = null;
  changes.iterChanges((from, to, _, end, piece) => {
    inserted = inserted === null && from === to && end === head ? piece.toString() : "";
  });
  return inserted && text.startsWith(inserted) ? text.slice(inserted.length) : null;
}

// Whether somebody went on with something else than was suggested.
function overtyped({ docChanged, startState, changes, state }) {
  const text = startState.field(ghost);
  return docChanged && text && leftOf(text, changes, state.selection.main.head) === null;
}

function accept(view, text) {
  const rest = view.state.field(ghost).slice(text.length);
  const at = view.state.selection.main.head;
  view.dispatch({
    changes: { from: at, insert: text },
    selection: { anchor: at + text.length },
    effects: setGhost.of(rest),
    scrollIntoView: true,
    userEvent: "input.complete",
  });
}

// A word with the blanks before it; a line end is a word of its own with the indentation behind it.
export const firstWord = (text) => text.match(/^(?:[ \t]*(?:[\p{L}\p{N}_]+|[^\p{L}\p{N}_\s]+)|\s*\n[ \t]*|\s+)/u)?.[0] ?? text;

const colours = HighlightStyle.define([
  { tag: [tags.keyword, tags.modifier, tags.operatorKeyword], color: "var(--keyword)" },
  { tag: [tags.string, tags.number, tags.bool, tags.null, tags.regexp, tags.atom], color: "var(--literal)" },
  { tag: tags.comment, color: "var(--comment)", fontStyle: "italic" },
  { tag: [tags.function(tags.definition(tags.variableName)), tags.className, tags.typeName, tags.tagName], color: "var(--name)" },
]);

const looks = EditorView.theme({
  "&": { backgroundColor: "var(--paper)", color: "var(--ink)", height: "100%", fontSize: "0.9rem" },
  "&.cm-focused": { outline: "none" }, // the host shows it
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.5", overflow: "auto" },
  ".cm-content": { caretColor: "var(--accent)", padding: "0.6rem 0" },
  ".cm-cursor": { borderLeftColor: "var(--accent)", borderLeftWidth: "2px" },
  ".cm-gutters": { backgroundColor: "var(--paper)", color: "var(--muted)", borderRight: "1px solid var(--line)" },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "color-mix(in srgb, var(--card) 60%, transparent)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": { backgroundColor: "var(--h2)" },
  ".cm-matchingBracket, &.cm-focused .cm-matchingBracket": { backgroundColor: "var(--h2)", color: "var(--t2)" },
  ".cm-ghost": { color: "var(--ghost)", fontStyle: "italic", whiteSpace: "pre-wrap" },
});

const LEAVING = 2000; // milliseconds in which Tab leaves the editor

// What the keys are called on this machine.
export const KEYS = /Mac|iP(hone|ad)/.test(navigator.platform) ? { word: "⌥→", ask: "Ctrl+\\" } : { word: "Ctrl+→", ask: "Alt+\\" };

// `events`: changed(update), asked(), accepted(text), dismissed(), overtyped(). A host is an empty element.
export function editor(host, text, events) {
  const root = host.attachShadow({ mode: "open" });
  const highlighting = new Compartment();
  const label = new Compartment();
  const shown = (view) => view.state.field(ghost);
  const taking = (piece) => (view) => {
    if (!shown(view)) return false;
    const text = piece(shown(view));
    accept(view, text);
    events.accepted(text);
    return true;
  };
  const dismiss = (view) => {
    if (!shown(view)) return false;
    view.dispatch({ effects: setGhost.of("") });
    view.setTabFocusMode(LEAVING); // as Escape does where nothing is shown
    events.dismissed();
    return true;
  };
  const ask = () => (events.asked(), true);
  const view = new EditorView({
    parent: root,
    root,
    state: EditorState.create({
      doc: text,
      selection: { anchor: text.length },
      extensions: [
        Prec.highest(
          keymap.of([
            { key: "Tab", run: taking((text) => text) },
            { key: "Ctrl-ArrowRight", mac: "Alt-ArrowRight", run: taking(firstWord) },
            { key: "Escape", run: dismiss },
            { key: "Alt-\\", mac: "Ctrl-\\", run: ask }, // Option writes a sign there
          ]),
        ),
        lineNumbers(),
        highlightActiveLine(),
        highlightActiveLineGutter(),
        highlightSpecialChars(),
        history(),
        drawSelection(),
        indentOnInput(),
        bracketMatching(),
        EditorState.tabSize.of(4),
        EditorView.lineWrapping,
        keymap.of([...defaultKeymap, ...historyKeymap, indentWithTab]),
        syntaxHighlighting(colours),
        looks,
        ghost,
        highlighting.of([]),
        label.of([]),
        EditorView.updateListener.of((update) => {
          if (overtyped(update)) events.overtyped();
          if (update.docChanged || update.selectionSet) events.changed(update);
        }),
      ],
    }),
  });
  return {
    view,
    ghost: () => shown(view),
    suggest: (text) => view.dispatch({ effects: setGhost.of(text) }),
    around: () => {
      const at = view.state.selection.main.head;
      return [view.state.sliceDoc(0, at), view.state.sliceDoc(at)];
    },
    replace: (text) => view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text }, selection: { anchor: text.length } }),
    highlight: (extension) => view.dispatch({ effects: highlighting.reconfigure(extension) }),
    label: (text) => view.dispatch({ effects: label.reconfigure(EditorView.contentAttributes.of({ "aria-label": text })) }),
  };
}
