// codekiln in VS Code: starts `codekiln lsp`. The client library makes an inline completion provider of the
// server's `textDocument/inlineCompletion`, commands of what a taken suggestion calls, and code actions.

const { CloseAction, LanguageClient, State } = require("vscode-languageclient/node");
const vscode = require("vscode");

const PATIENCE = 5000; // milliseconds that a restart waits for a server that is still starting

let client;
let asked = 0; // how often a server was asked for, since only the last time counts
let turn = Promise.resolve(); // what starts or stops a server waits for whoever did so before

async function start(mine) {
  let command = "codekiln.command";
  try {
    const args = [...vscode.workspace.getConfiguration("codekiln").get("command")];
    command = args.shift();
    client = new LanguageClient(
      "codekiln",
      "codekiln",
      { command, args },
      {
        documentSelector: [{ scheme: "file" }, { scheme: "untitled" }],
        initializationFailedHandler: () => false, // it is told below
        // The same line would be in the list of completions once more.
        middleware: { provideCompletionItem: () => undefined },
      },
    );
    await client.start();
  } catch (error) {
    client = undefined;
    if (mine === asked) {
      const said = `codekiln: ${command} cannot be started (${error.message ?? error}).`;
      vscode.window.showErrorMessage(`${said} Give its place in the setting codekiln.command.`);
    }
  }
}

async function stop() {
  const old = client;
  client = undefined;
  try {
    await old?.dispose();
  } catch (error) {
    console.error(`codekiln: ${error.message}`); // the library ends its process, and the next may start
  }
}

// A command that is no language server may never answer, and one that is starting cannot be stopped.
function giveUp() {
  const server = client?.state === State.Starting ? client.serverProcess : undefined;
  if (server) {
    client.clientOptions.errorHandler.closed = () => ({ action: CloseAction.DoNotRestart, handled: true });
    server.kill();
  }
}

function restart() {
  const mine = ++asked;
  const late = setTimeout(giveUp, PATIENCE);
  turn = turn.then(stop).then(() => {
    clearTimeout(late);
    return mine === asked ? start(mine) : undefined;
  });
  return turn;
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
  await restart();
};

exports.deactivate = () => {
  asked++;
  giveUp();
  turn = turn.then(stop);
  return turn;
};
