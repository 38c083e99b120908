//! The machine itself: the queue, its lanes, and what may be sent when.

use std::collections::BTreeMap;

use hongyan_protocol::{
    ClientId, ConversationId, EntryId, ErrorCode, Failure, Sent, Target, UserId,
};

use super::answered::{AnsweredList, RepliesTo, There};
use super::{Action, Append, Policy, Reply, SubmitError};
use crate::Tick;

/// Requests that append, in order: see the [module](super).
#[derive(Debug)]
pub struct Outbox {
    policy: Policy,
    /// In the order of submission. Each input walks it once: it is short, and bounded.
    items: BTreeMap<u64, Item>,
    numbers: BTreeMap<ClientId, u64>,
    next_number: u64,
    /// 1:1 conversations known by their other user, while something waits for them.
    directs: BTreeMap<UserId, ConversationId>,
    /// The other users of all 1:1 conversations that were learnt, for a history in which these have other ids.
    people: BTreeMap<ConversationId, UserId>,
    /// What may have to be sent again.
    answered: AnsweredList,
    /// Of the items, those that were answered before.
    again: usize,
    in_flight: usize,
    /// When the texts sent so far are through, over the slowest of links.
    through_at: Tick,
    is_connected: bool,
}

#[derive(Debug)]
struct Item {
    append: Append,
    lane: Lane,
    state: State,
    /// Retryable failures in a row.
    failures: u32,
    /// It was answered before, in another history.
    is_again: bool,
    /// What it replied to there, while it is not known what that is here.
    reply: Option<Reply>,
}

/// What keeps an order of its own: one log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Lane {
    Conversation(ConversationId),
    /// The 1:1 conversation with this user, whose id is not known yet.
    User(UserId),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Ready,
    /// Put off by the server until this time.
    Resting(Tick),
    /// Sent; the answer is waited for until this time.
    InFlight(Tick),
}

impl Outbox {
    /// An empty outbox, not connected.
    pub fn new(policy: Policy) -> Self {
        Self::restore(policy, AnsweredList::default(), BTreeMap::new())
    }

    /// One that goes on from what was answered before, with the other users of 1:1 conversations. What was not answered is
    /// to be submitted afterwards.
    pub fn restore(
        policy: Policy,
        answered: AnsweredList,
        people: BTreeMap<ConversationId, UserId>,
    ) -> Self {
        let mut outbox = Self {
            policy,
            items: BTreeMap::new(),
            numbers: BTreeMap::new(),
            next_number: 0,
            directs: BTreeMap::new(),
            people,
            answered,
            again: 0,
            in_flight: 0,
            through_at: Tick::default(),
            is_connected: false,
        };
        outbox.line_up(Vec::new());
        outbox
    }

    /// Takes a request, and sends it when its turn comes.
    pub fn submit(
        &mut self,
        append: Append,
        now: Tick,
        out: &mut Vec<Action>,
    ) -> Result<(), SubmitError> {
        if self.numbers.contains_key(append.client_id()) {
            return Err(SubmitError::Duplicate);
        }
        if self.waiting() >= self.policy.capacity {
            return Err(SubmitError::Full);
        }
        let lane = self.lane(append.target());
        self.add(Item {
            lane,
            append,
            state: State::Ready,
            failures: 0,
            is_again: false,
            reply: None,
        });
        self.send(now, out);
        Ok(())
    }

    /// The server has another history than the one in which requests were answered. They are sent again, before those that
    /// wait; what is there already is not doubled by it. A request that waits and names an entry of the other history
    /// fails, where that is what it is about.
    pub fn history_replaced(&mut self, now: Tick, out: &mut Vec<Action>) {
        self.answered.history_replaced(&self.people);
        let people = std::mem::take(&mut self.people);
        self.directs.clear();
        self.numbers.clear();
        (self.in_flight, self.again) = (0, 0);
        let mut waiting = Vec::new();
        for mut item in std::mem::take(&mut self.items).into_values() {
            if item.is_again {
                // It is lined up from the list.
                continue;
            }
            // What is in flight is answered as what it was sent as.
            if matches!(item.state, State::InFlight(_)) {
                item.lane = self.lane(item.append.target());
                waiting.push(item);
            } else if let Some(append) = item.append.clone().in_another_history(&people) {
                item.lane = self.lane(append.target());
                waiting.push(Item { append, ..item });
            } else {
                let failure = Failure {
                    code: ErrorCode::EntryNotFound,
                    message: "the server's history was replaced by an older one".into(),
                    retry_after_ms: None,
                };
                let append = item.append;
                out.push(Action::Failed { append, failure });
            }
        }
        self.line_up(waiting);
        self.send(now, out);
    }

    /// What was answered, as far as it is kept.
    pub fn answered(&self) -> &AnsweredList {
        &self.answered
    }

    /// Puts what is to be sent again into the queue, and the others behind it.
    fn line_up(&mut self, waiting: Vec<Item>) {
        let again: Vec<(Append, Option<Reply>)> = self
            .answered
            .open()
            .map(|open| (open.append.clone(), open.reply.clone()))
            .collect();
        for (append, reply) in again {
            let lane = self.lane(append.target());
            self.add(Item {
                lane,
                reply: reply.filter(|_| matches!(append, Append::Send(_))),
                append,
                state: State::Ready,
                failures: 0,
                is_again: true,
            });
        }
        for item in waiting {
            self.in_flight += usize::from(matches!(item.state, State::InFlight(_)));
            self.add(item);
        }
    }

    fn add(&mut self, item: Item) {
        let number = self.next_number;
        self.next_number += 1;
        self.again += usize::from(item.is_again);
        self.numbers.insert(item.append.client_id().clone(), number);
        self.items.insert(number, item);
    }

    /// The connection is welcome.
    pub fn connected(&mut self, now: Tick, out: &mut Vec<Action>) {
        self.is_connected = true;
        self.send(now, out);
    }

    /// The connection broke: what was in flight will be sent again on the next one, under the same
    /// client id.
    pub fn disconnected(&mut self) {
        self.is_connected = false;
        self.in_flight = 0;
        self.through_at = Tick::default();
        for item in self.items.values_mut() {
            if matches!(item.state, State::InFlight(_)) {
                item.state = State::Ready;
            }
        }
    }

    /// Answers [`Action::Request`]. An answer to nothing in the outbox is ignored.
    pub fn sent(&mut self, sent: Sent, now: Tick, out: &mut Vec<Action>) {
        let Some(item) = self.remove(&sent.client_id) else {
            return;
        };
        let append = item.append;
        if let Target::User(user) = append.target() {
            self.learn_direct(user, sent.conv);
        }
        self.answered.sent(&append, &sent);
        self.forget_directs();
        out.push(Action::Done { append, sent });
        self.send(now, out);
    }

    /// Answers [`Action::Request`]. A retryable failure is tried again after `retry_after_ms` and a
    /// growing wait; any other is reported and the next request goes on. `random` is uniform over
    /// all of `u64`.
    pub fn failed(
        &mut self,
        client_id: &ClientId,
        failure: Failure,
        random: u64,
        now: Tick,
        out: &mut Vec<Action>,
    ) {
        let number = self.numbers.get(client_id);
        let Some(item) = number.and_then(|number| self.items.get_mut(number)) else {
            return;
        };
        if !matches!(item.state, State::InFlight(_)) {
            return;
        }
        if failure.code.is_retryable() {
            let backoff = self.policy.backoff;
            let wait = backoff.wait(item.failures, failure.retry_after_ms, random);
            item.failures = item.failures.saturating_add(1);
            item.state = State::Resting(now.after(wait));
            self.in_flight -= 1;
        } else if item.reply.is_some() {
            return self.looked(client_id, None, now, out);
        } else if item.is_again {
            self.failed_again(client_id, failure, out);
        } else if let Some(item) = self.remove(client_id) {
            self.forget_directs();
            let append = item.append;
            out.push(Action::Failed { append, failure });
        }
        self.send(now, out);
    }

    /// Answers [`Action::Look`]: the id of the entry at that place, if there is one.
    pub fn looked(
        &mut self,
        client_id: &ClientId,
        found: Option<EntryId>,
        now: Tick,
        out: &mut Vec<Action>,
    ) {
        let number = self.numbers.get(client_id);
        let Some(item) = number.and_then(|number| self.items.get_mut(number)) else {
            return;
        };
        if !matches!(item.state, State::InFlight(_)) {
            return;
        }
        if let Some(reply) = item.reply.take() {
            let is_the_same = found.is_some_and(|id| id < reply.before);
            item.append.reply_to(is_the_same.then_some(reply.seq));
            item.state = State::Ready;
            item.failures = 0;
            self.in_flight -= 1;
        }
        self.send(now, out);
    }

    /// What was sent again is refused.
    fn failed_again(&mut self, client_id: &ClientId, failure: Failure, out: &mut Vec<Action>) {
        let Some(&number) = self.numbers.get(client_id) else {
            return;
        };
        let Some(item) = self.remove(client_id) else {
            return;
        };
        match failure.code {
            ErrorCode::ClientIdConflict => {
                let client_id = client_id.clone();
                if let There::FollowUp(append) = self.answered.there(&client_id)
                    && *append.client_id() != client_id
                {
                    // In its place, so that nothing comes between the two.
                    self.numbers.insert(append.client_id().clone(), number);
                    self.again += 1;
                    let item = Item {
                        append,
                        state: State::Ready,
                        failures: 0,
                        ..item
                    };
                    self.items.insert(number, item);
                } else {
                    out.push(Action::Found { client_id });
                }
            }
            // A question whether something is there that was recalled: it is not, and that is as well.
            ErrorCode::EntryNotFound | ErrorCode::ConversationNotFound
                if matches!(item.append, Append::Recall(_)) =>
            {
                self.answered.forget(client_id);
                let client_id = client_id.clone();
                out.push(Action::Dropped { client_id });
            }
            _ => {
                self.answered.forget(client_id);
                let append = item.append;
                out.push(Action::Failed { append, failure });
            }
        }
        self.forget_directs();
    }

    /// The 1:1 conversation with `user` is `conv`: requests for either keep one order from now on. The
    /// answers to requests teach it too; a sync may know it earlier.
    pub fn learn_direct(&mut self, user: UserId, conv: ConversationId) {
        let (by_user, by_id) = (Lane::User(user), Lane::Conversation(conv));
        self.people.insert(conv, user);
        let mut is_wanted = false;
        for item in self.items.values_mut() {
            if item.lane == by_user {
                item.lane = by_id;
            }
            is_wanted |= item.lane == by_id;
        }
        if is_wanted {
            self.directs.insert(user, conv);
        }
    }

    /// Takes back a request that is not in flight; `None` when it is, or is not there. One that was
    /// sent on a connection that broke may have arrived all the same.
    pub fn cancel(
        &mut self,
        client_id: &ClientId,
        now: Tick,
        out: &mut Vec<Action>,
    ) -> Option<Append> {
        let item = self.items.get(self.numbers.get(client_id)?)?;
        if matches!(item.state, State::InFlight(_)) {
            return None;
        }
        let item = self.remove(client_id)?;
        self.answered.forget(client_id);
        self.forget_directs();
        self.send(now, out);
        Some(item.append)
    }

    /// When to call [`tick`](Self::tick) next; `None` while not connected.
    pub fn next_deadline(&self) -> Option<Tick> {
        let deadlines = self.items.values().filter_map(|item| match item.state {
            State::InFlight(at) | State::Resting(at) => Some(at),
            State::Ready => None,
        });
        deadlines.min().filter(|_| self.is_connected)
    }

    /// Time passed.
    pub fn tick(&mut self, now: Tick, out: &mut Vec<Action>) {
        if !self.is_connected {
            return;
        }
        let mut items = self.items.values();
        if items.any(|item| matches!(item.state, State::InFlight(until) if until <= now)) {
            out.push(Action::Reconnect);
            return self.disconnected();
        }
        self.send(now, out);
    }

    /// Every request that was never answered, in the order of submission.
    pub fn pending(&self) -> impl Iterator<Item = &Append> {
        let items = self.items.values().filter(|item| !item.is_again);
        items.map(|item| &item.append)
    }

    /// Requests that were never answered.
    pub fn waiting(&self) -> usize {
        self.items.len() - self.again
    }

    /// The other users of the 1:1 conversations that were learnt.
    pub fn people(&self) -> &BTreeMap<ConversationId, UserId> {
        &self.people
    }

    /// Whether an answer is waited for.
    pub fn is_waiting(&self) -> bool {
        self.in_flight > 0
    }

    /// Something comes, or what was sent moves: answers are still to be expected.
    pub fn life(&mut self, now: Tick) {
        let later = now.after(self.policy.answer_timeout);
        for item in self.items.values_mut() {
            if let State::InFlight(until) = &mut item.state {
                *until = later.max(*until);
            }
        }
    }

    /// Requests that wait for an answer, those counted that are sent again.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Sends all whose turn has come. A request waits for those ahead of it in its lane, unless they are
    /// in flight and there may be more.
    fn send(&mut self, now: Tick, out: &mut Vec<Action>) {
        self.end_rests(now);
        if !self.is_connected || self.in_flight >= self.policy.in_flight {
            return;
        }
        // How many of each lane are in flight; `None` once something ahead is held up.
        let mut lanes: BTreeMap<Lane, Option<usize>> = BTreeMap::new();
        for item in self.items.values_mut() {
            let lane = lanes.entry(item.lane).or_insert(Some(0));
            let Some(ahead) = *lane else { continue };
            let has_slot =
                ahead < self.policy.in_flight_per_target && self.in_flight < self.policy.in_flight;
            *lane = match item.state {
                State::InFlight(_) => Some(ahead + 1),
                State::Ready if has_slot => {
                    let takes = self.policy.time_for(item.append.text_bytes());
                    self.through_at = self.through_at.max(now).after(takes);
                    let late = self
                        .through_at
                        .since(now)
                        .saturating_sub(self.policy.at_once);
                    let wait = self.policy.answer_timeout.saturating_add(late);
                    item.state = State::InFlight(now.after(wait));
                    self.in_flight += 1;
                    out.push(item.ask(&self.answered));
                    Some(ahead + 1)
                }
                State::Ready | State::Resting(_) => None,
            };
        }
    }

    /// A rest that is over must not stay a deadline while the request waits for its turn.
    fn end_rests(&mut self, now: Tick) {
        for item in self.items.values_mut() {
            if matches!(item.state, State::Resting(until) if until <= now) {
                item.state = State::Ready;
            }
        }
    }

    fn remove(&mut self, client_id: &ClientId) -> Option<Item> {
        let item = self.items.remove(&self.numbers.remove(client_id)?)?;
        self.in_flight -= usize::from(matches!(item.state, State::InFlight(_)));
        self.again -= usize::from(item.is_again);
        Some(item)
    }

    fn lane(&self, target: Target) -> Lane {
        match target {
            Target::Conversation(conv) => Lane::Conversation(conv),
            Target::User(user) => match self.directs.get(&user) {
                Some(&conv) => Lane::Conversation(conv),
                None => Lane::User(user),
            },
        }
    }

    /// Drops the pairs for which nothing waits: they would pile up.
    fn forget_directs(&mut self) {
        let items = &self.items;
        self.directs.retain(|_, conv| {
            let lane = Lane::Conversation(*conv);
            items.values().any(|item| item.lane == lane)
        });
    }
}

impl Item {
    /// What is to be asked for next: this, or first what it replies to.
    fn ask(&mut self, answered: &AnsweredList) -> Action {
        let replies_to = self.reply.as_ref().map(|reply| answered.replies_to(reply));
        match replies_to {
            Some(RepliesTo::Perhaps(conv, seq)) => {
                let client_id = self.append.client_id().clone();
                return Action::Look {
                    client_id,
                    conv,
                    seq,
                };
            }
            Some(RepliesTo::This(seq)) => self.append.reply_to(Some(seq)),
            Some(RepliesTo::Nothing) | None => {}
        }
        self.reply = None;
        Action::Request(self.append.clone())
    }
}

#[cfg(test)]
mod tests;
