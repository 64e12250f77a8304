// The bundle as VS Code loads it, with a stand-in for VS Code, against a language server that runs: the
// command in the environment variable CODEKILN_LSP, or else a few lines of JavaScript.

const assert = require("node:assert");
const Module = require("node:module");
const path = require("node:path");
const { test } = require("node:test");
const { fake, document } = require("./vscode.js");

const SERVER = process.env.CODEKILN_LSP
  ? JSON.parse(process.env.CODEKILN_LSP)
  : [process.execPath, path.join(__dirname, "server.js")];

function load(vscode) {
  const bundle = path.join(__dirname, "..", "dist", "extension.js");
  const before = Module._load;
  Module._load = (name, ...rest) => (name === "vscode" ? vscode : before(name, ...rest));
  try {
    delete require.cache[bundle];
    return require(bundle);
  } finally {
    Module._load = before;
  }
}

test("ghost text comes from textDocument/inlineCompletion, and its command goes back", async () => {
  const { vscode, registered, documents } = fake(SERVER);
  const extension = load(vscode);
  documents.push(document("/tmp/a.py", "import numpy as "));
  await extension.activate({ subscriptions: [] });
  assert.deepStrictEqual(registered.shown, []);
  const [provider] = registered.inline;
  const { token } = new vscode.CancellationTokenSource();
  const place = new vscode.Position(0, 16);
  const found = await provider.provideInlineCompletionItems(documents[0], place, { triggerKind: 1 }, token);
  const [item] = Array.isArray(found) ? found : found.items;
  assert.strictEqual(item.insertText, "np");
  assert.strictEqual(item.command.command, "codekiln.accepted");
  await registered.commands["codekiln.accepted"](...item.command.arguments);
  await extension.deactivate();
});

test("a command that is none is told", async () => {
  const { vscode, registered } = fake(["no-such-command-as-this"]);
  const extension = load(vscode);
  await extension.activate({ subscriptions: [] });
  assert.match(registered.shown.join("\n"), /cannot be started[^]*codekiln\.command/);
  await extension.deactivate();
});
