// codekiln in VS Code: starts `codekiln lsp`. The client library makes an inline completion provider of the
// server's `textDocument/inlineCompletion`, commands of what a taken suggestion calls, and code actions.

const { LanguageClient } = require("vscode-languageclient/node");
const vscode = require("vscode");

let client;

async function start() {
  const [command, ...args] = vscode.workspace.getConfiguration("codekiln").get("command");
  client = new LanguageClient(
    "codekiln",
    "codekiln",
    { command, args },
    {
      documentSelector: [{ scheme: "file" }, { scheme: "untitled" }],
      // The same line would be in the list of completions once more.
      middleware: { provideCompletionItem: () => undefined },
    },
  );
  try {
    await client.start();
  } catch (error) {
    client = undefined;
    const said = `codekiln: ${command} cannot be started (${error.message}).`;
    vscode.window.showErrorMessage(`${said} Give its place in the setting codekiln.command.`);
  }
}

async function stop() {
  const old = client;
  client = undefined;
  await old?.dispose();
}

async function restart() {
  await stop();
  await start();
}

exports.activate = async (context) => {
  context.subscriptions.push(
    vscode.commands.registerCommand("codekiln.restart", restart),
    vscode.workspace.onDidChangeConfiguration((change) => {
      if (change.affectsConfiguration("codekiln")) {
        return restart();
      }
    }),
  );
  await start();
};

exports.deactivate = stop;
