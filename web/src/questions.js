// What the views of one suggestion ask the server: each question once, and none for which nobody waits.

import { ask } from "./server.js";

export function questions() {
  const asked = new Map(); // the promise of each answer, by the name of its question
  const waiting = new Set(); // names of those that are not answered yet
  let control = new AbortController();
  const settled = (name, answer, failed) => {
    if (asked.get(name) !== answer) return; // it was given up
    waiting.delete(name);
    if (failed) asked.delete(name);
  };
  return {
    // One that failed or was given up is asked anew by whoever wants it next.
    answer(name, path, body) {
      if (asked.has(name)) return asked.get(name);
      const answer = ask(path, body, control.signal);
      asked.set(name, answer);
      waiting.add(name);
      answer.then(
        () => settled(name, answer, false),
        () => settled(name, answer, true),
      );
      return answer;
    },
    giveUp() {
      control.abort();
      control = new AbortController();
      waiting.forEach((name) => asked.delete(name));
      waiting.clear();
    },
  };
}
