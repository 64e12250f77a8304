// As much of VS Code's interface as the client library touches: real places and events, a record of what is
// registered, and for anything else a stand-in that can be called, made and read.

const { EventEmitter: NodeEmitter } = require("node:events");

function standIn(name) {
  const made = function () {};
  return new Proxy(made, {
    get: (target, key) => {
      if (key === "prototype") return target.prototype;
      if (key === Symbol.toPrimitive) return () => name;
      if (key === "then") return undefined;
      target[key] ??= standIn(`${name}.${String(key)}`);
      return target[key];
    },
    apply: () => Object.assign(Promise.resolve(), { dispose() {} }),
    construct: () => ({ dispose() {} }),
  });
}

class EventEmitter {
  #events = new NodeEmitter().setMaxListeners(0);
  event = (listener, self) => {
    const bound = (value) => listener.call(self, value);
    this.#events.on("event", bound);
    return { dispose: () => this.#events.off("event", bound) };
  };
  fire(value) {
    this.#events.emit("event", value);
  }
  dispose() {}
}

class Position {
  constructor(line, character) {
    Object.assign(this, { line, character });
  }
}

class Range {
  constructor(start, end, ...rest) {
    const isPairs = rest.length > 0;
    this.start = isPairs ? new Position(start, end) : start;
    this.end = isPairs ? new Position(...rest) : end;
  }
}

class Uri {
  constructor(path) {
    Object.assign(this, { scheme: "file", path, fsPath: path });
  }
  static file = (path) => new Uri(path);
  static parse = (text) => new Uri(text.replace("file://", ""));
  toString() {
    return `file://${this.path}`;
  }
}

class InlineCompletionItem {
  constructor(insertText, range, command) {
    Object.assign(this, { insertText, range, command });
  }
}

class InlineCompletionList {
  constructor(items) {
    this.items = items;
  }
}

class Disposable {
  constructor(callback) {
    this.dispose = callback ?? (() => {});
  }
  static from(...items) {
    return new Disposable(() => items.forEach((item) => item.dispose()));
  }
}

class CancellationTokenSource {
  #emitter = new EventEmitter();
  token = { isCancellationRequested: false, onCancellationRequested: this.#emitter.event };
  cancel() {
    this.token.isCancellationRequested = true;
    this.#emitter.fire();
  }
  dispose() {}
}

exports.fake = (command) => {
  const registered = { commands: {}, inline: [], shown: [] };
  const settings = { command };
  const configured = new EventEmitter();
  const documents = [];
  const never = new EventEmitter().event;
  const channel = standIn("channel");
  const known = {
    Position, Range, Uri, EventEmitter, Disposable, CancellationTokenSource,
    InlineCompletionItem, InlineCompletionList,
    InlineCompletionTriggerKind: { Invoke: 0, Automatic: 1 },
    version: "1.110.0",
    env: { appName: "test", language: "en", onDidChangeTelemetryEnabled: never },
    commands: {
      registerCommand: (name, handler) => {
        if (name in registered.commands) throw new Error(`command '${name}' already exists`);
        registered.commands[name] = handler;
        return new Disposable(() => delete registered.commands[name]);
      },
    },
    workspace: new Proxy(
      {
        getConfiguration: () => ({ get: (name) => settings[name] }),
        onDidChangeConfiguration: configured.event,
        textDocuments: documents,
        notebookDocuments: [],
        workspaceFolders: undefined,
        isTrusted: true,
      },
      { get: (target, key) => (key in target ? target[key] : String(key).startsWith("on") ? never : standIn(`workspace.${String(key)}`)) },
    ),
    window: new Proxy(
      {
        createOutputChannel: () => channel,
        showErrorMessage: async (text) => void registered.shown.push(text),
        visibleTextEditors: [],
        tabGroups: { all: [], onDidChangeTabs: never, onDidChangeTabGroups: never },
      },
      { get: (target, key) => (key in target ? target[key] : String(key).startsWith("on") ? never : standIn(`window.${String(key)}`)) },
    ),
    languages: new Proxy(
      {
        match: () => 10,
        registerInlineCompletionItemProvider: (_, provider) => {
          registered.inline.push(provider);
          return new Disposable(() => registered.inline.splice(registered.inline.indexOf(provider), 1));
        },
      },
      { get: (target, key) => target[key] ?? standIn(`languages.${String(key)}`) },
    ),
  };
  const vscode = new Proxy(known, {
    get: (target, key) => target[key] ?? (target[key] = standIn(String(key))),
  });
  const configure = (changed) => {
    settings.command = changed;
    configured.fire({ affectsConfiguration: () => true });
  };
  return { vscode, registered, documents, configure };
};

exports.document = (path, text) => ({
  uri: Uri.file(path),
  fileName: path,
  languageId: "python",
  version: 1,
  isClosed: false,
  getText: () => text,
});
