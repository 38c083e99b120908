// A page that behaves as the course's does, faults included: see ../../course_page.rs. Written for these tests,
// from docs/CLASSIC.md.

const [server, uid] = [new URLSearchParams(location.search).get("server"), 1001];

/** What happened, for the test to look at. */
const seen = { connects: [], shown: [], status: null, errors: [] };

const put = (id, text) => (document.getElementById(id).textContent = text);

// Over HTTP ---------------------------------------------------------------------------------------

/** As the page's library does it: what is called JSON it parses, and all else it hands over as text. */
async function library(method, path, form) {
  const options = { method, credentials: "include" };
  if (form) options.body = new URLSearchParams(form);
  const answer = await fetch(`http://${server}${path}`, options);
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  const text = await answer.text();
  return answer.headers.get("content-type")?.includes("json") ? JSON.parse(text) : text;
}

/** As the page does it: it parses what it is given, whatever the library did before. */
const asked = async (...of) => JSON.parse(await library(...of));

// The sockets -------------------------------------------------------------------------------------

/** The newest one. */
let socket;

function connect() {
  seen.connects.push(Date.now());
  socket = new WebSocket(`ws://${server}`);
  socket.onopen = () => say(1, { uid });
  socket.onmessage = (event) => take(JSON.parse(event.data));
  socket.onerror = () => connect();
  socket.onclose = () => connect();
}

/** Put together by hand. On a socket that is still to open it throws, and so does the handler. */
function say(type, fields) {
  const data = Object.entries(fields).map(([name, value]) => `"${name}":${value}`);
  socket.send(`{"type":${type},"data":{${data}}}`);
}

function take(frame) {
  if (frame.type === 1) {
    seen.status = frame.status === "success" ? "online" : "not online";
    put("status", seen.status);
  }
  if (frame.type === 4 || frame.type === 3) show(frame.data);
  if (frame.type === 4) say(6, { tid: frame.tid });
  if (frame.type === 5) put("total", frame.data.unread);
  if (frame.type === -1) seen.errors.push(frame.data);
}

function show(message) {
  seen.shown.push(message.content);
  const line = document.createElement("li");
  line.textContent = message.content;
  document.getElementById("shown").append(line);
}

function begin() {
  connect();
  setInterval(() => say(5, { uid }), 3000);
}
