// The bundle as VS Code loads it, with a stand-in for VS Code, against a language server that runs: the
// command in the environment variable CODEKILN_LSP, or else a few lines of JavaScript.

const assert = require("node:assert");
const fs = require("node:fs");
const Module = require("node:module");
const os = require("node:os");
const path = require("node:path");
const { test } = require("node:test");
const { fake, document } = require("./vscode.js");

const OWN = [process.execPath, path.join(__dirname, "server.js")];
const SERVER = process.env.CODEKILN_LSP
  ? JSON.parse(process.env.CODEKILN_LSP)
  : OWN;

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

async function until(holds) {
  const end = Date.now() + 20_000;
  while (!holds()) {
    assert.ok(Date.now() < end, `never: ${holds}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

const settled = ({ commands, inline }) => until(() => commands["codekiln.accepted"] && inline.length === 1);

test("a command that is edited is started once it is whole, and no two at once", async () => {
  const { vscode, registered, configure } = fake(OWN);
  const extension = load(vscode);
  await extension.activate({ subscriptions: [] });
  for (const command of [["no-such"], [...OWN, "--a"], ["no-such-command"], [...OWN, "--b"]]) configure(command);
  await registered.commands["codekiln.restart"]();
  await settled(registered);
  assert.deepStrictEqual(registered.shown, []);
  await extension.deactivate();
  assert.deepStrictEqual(Object.keys(registered.commands), ["codekiln.restart"]);
});

test("another server is started where the old one does not shut down", async () => {
  const { vscode, registered, configure } = fake([...OWN, "--stuck"]);
  const extension = load(vscode);
  await extension.activate({ subscriptions: [] });
  configure(OWN);
  await until(() => registered.inline.length === 0);
  await settled(registered);
  assert.deepStrictEqual(registered.shown, []);
  await extension.deactivate();
});

test("a command that never answers does not keep the next from starting", async () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "codekiln-"));
  const sign = path.join(folder, "started");
  const mute = `require("fs").writeFileSync(${JSON.stringify(sign)}, ""); setInterval(() => {}, 1000);`;
  const { vscode, registered, configure } = fake([process.execPath, "-e", mute]);
  const extension = load(vscode);
  const activated = extension.activate({ subscriptions: [] });
  await until(() => fs.existsSync(sign));
  configure(OWN);
  await activated;
  await settled(registered);
  await extension.deactivate();
  fs.rmSync(folder, { recursive: true });
});
