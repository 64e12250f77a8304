// A language server that suggests `np` everywhere; with `--stuck` it does not shut down.

let buffer = Buffer.alloc(0);

function answer(id, result) {
  const body = JSON.stringify({ jsonrpc: "2.0", id, result });
  process.stdout.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
}

function handle({ id, method }) {
  if (method === "initialize") {
    const executeCommandProvider = { commands: ["codekiln.accepted"] };
    answer(id, { capabilities: { inlineCompletionProvider: {}, executeCommandProvider, textDocumentSync: 1 } });
  } else if (method === "textDocument/inlineCompletion") {
    const command = { title: "", command: "codekiln.accepted", arguments: ["1"] };
    answer(id, { items: [{ insertText: "np", command }] });
  } else if (method === "exit") {
    process.exit(0);
  } else if (method === "shutdown" && process.argv.includes("--stuck")) {
    return;
  } else if (id !== undefined) {
    answer(id, null);
  }
}

process.stdin.on("data", (data) => {
  buffer = Buffer.concat([buffer, data]);
  for (;;) {
    const end = buffer.indexOf("\r\n\r\n");
    const length = Number(/Content-Length: (\d+)/.exec(buffer.subarray(0, end))?.[1]);
    if (end < 0 || buffer.length < end + 4 + length) return;
    const body = buffer.subarray(end + 4, end + 4 + length);
    buffer = buffer.subarray(end + 4 + length);
    handle(JSON.parse(body));
  }
});
