// Requests to the server. Each failure is a ServerError with one line for the reader of the page.

export class ServerError extends Error {
  constructor(message, status) {
    super(message);
    this.status = status;
  }
}

// A name for this tab: newer requests replace older ones of the same tab only.
export const tab = Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16)).join("");

export async function ask(address, options = {}) {
  let response;
  try {
    response = await fetch(address, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ServerError("the server does not answer; has foveal serve ended?", 0);
  }
  if (response.ok) return response;
  const message = await response.json().then((answer) => answer.message, () => response.statusText);
  throw new ServerError(message, response.status);
}

export async function askJson(address, options) {
  return (await ask(address, options)).json();
}

export function post(address, data, signal) {
  const headers = { "Content-Type": "application/json" };
  return ask(address, { method: "POST", headers, body: JSON.stringify(data), signal });
}

export async function postJson(address, data, signal) {
  return (await post(address, data, signal)).json();
}
