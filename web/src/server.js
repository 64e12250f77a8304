// The server that the page came from, and nobody else.

const API = "/playground/api";

// What it answers, or an error with its sentence. `signal` gives the request up.
export async function ask(path, body = null, signal = null) {
  const post = { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
  const response = await fetch(API + path, { ...(body ? post : {}), signal });
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(answer.error?.message ?? `${response.status} ${response.statusText}`);
  return answer;
}
