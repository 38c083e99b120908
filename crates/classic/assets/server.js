// The calls over plain HTTP: who am I, with whom did I speak, who else is there.

/** The sign-in is over, or there was none. */
export class SignedOut extends Error {}

/** The signed-in user, `{uid, name, avatar}`. */
export async function me() {
  const { user } = await get("/v1/me");
  return person(user);
}

/** Signs in; the answer's status. The cookie that it sets is out of reach of scripts. */
export async function signIn(email, password) {
  const body = new URLSearchParams({ email, password });
  const answer = await fetch("/login", { method: "POST", body });
  return answer.status;
}

export async function signOut() {
  await fetch("/logout");
}

/** The recent contacts, newest first, with the last message and the unread number of each. */
export async function contacts(ownerUid) {
  return get(`/queryContacts?${new URLSearchParams({ ownerUid })}`);
}

/** Messages after one that is known. They count as read. */
export async function messagesSince(ownerUid, otherUid, lastMid) {
  const of = new URLSearchParams({ ownerUid, otherUid, lastMid });
  return get(`/queryMsgSinceMid?${of}`);
}

/** Users by id, a page at a time. */
export async function everybody() {
  const found = [];
  for (let after = 0; found.length < MOST_PEOPLE; ) {
    const { users } = await get(`/v1/users?${new URLSearchParams({ after })}`);
    if (users.length === 0) break;
    found.push(...users.map(person));
    after = users.at(-1).id;
  }
  return found;
}

/** A list longer than this helps nobody. */
const MOST_PEOPLE = 2000;

const person = ({ id, name, avatar }) => ({ uid: id, name, avatar });

async function get(path) {
  const answer = await fetch(path);
  if (answer.status === 401) throw new SignedOut();
  if (!answer.ok) throw new Error(`${path.split("?")[0]}: ${answer.status}`);
  return answer.json();
}
