//! The members of the conversations that somebody looks at, and what is to be told there of who is there: pure.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use hongyan_protocol::limits::PRESENCE_MEMBERS;
use hongyan_protocol::{ConversationId, UserId};
use tokio::time::Instant;

use super::read_by::{Came, ReadBy, Seat, apply};
use crate::ConnectionId;
use crate::limits::{LIVE_INTERVAL, ROSTER_CHANGES};

/// A conversation that somebody looks at.
#[derive(Default)]
struct Room {
    /// The members, ascending; `None` until they are read.
    members: Option<Vec<Seat>>,
    /// What somebody shows of what was said.
    read_by: ReadBy,
    read_told_at: Option<Instant>,
    read_due: Option<Instant>,
    /// Which of all that were opened.
    opened: u64,
    /// What changed while somebody reads them; `None` where nobody does, or too much did.
    meanwhile: Option<Vec<Came>>,
    /// Those of whom something is to be told.
    untold: BTreeSet<UserId>,
    told_at: Option<Instant>,
    due: Option<Instant>,
    /// How many were there when they were last counted.
    online: Option<u64>,
}

/// What is due in a conversation.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Due {
    /// To tell who of these is there.
    Who(Vec<UserId>),
    /// To count how many are.
    Count,
}

/// All conversations that somebody looks at.
#[derive(Default)]
pub(super) struct Rooms {
    of: HashMap<ConversationId, Room>,
    /// Where a member of a small one is seen.
    seen_in: HashMap<UserId, Vec<ConversationId>>,
    due: BTreeSet<(Instant, ConversationId)>,
    read_due: BTreeSet<(Instant, ConversationId)>,
    /// How many were opened ever.
    opened: u64,
}

impl Rooms {
    /// Somebody looks at a conversation. Where its members are to be read and [taken in](Self::read), for which opening.
    pub(super) fn open(&mut self, conv: ConversationId) -> Option<u64> {
        let room = self.of.entry(conv).or_insert_with(|| {
            self.opened += 1;
            Room {
                opened: self.opened,
                ..Room::default()
            }
        });
        if room.members.is_some() {
            return None;
        }
        room.meanwhile.get_or_insert_default();
        Some(room.opened)
    }

    /// Nobody looks at it any more.
    pub(super) fn close(&mut self, conv: ConversationId) {
        let Some(room) = self.of.remove(&conv) else {
            return;
        };
        if let Some(due) = room.due {
            self.due.remove(&(due, conv));
        }
        if let Some(due) = room.read_due {
            self.read_due.remove(&(due, conv));
        }
        self.unsee(conv, room.members.as_deref().unwrap_or_default());
    }

    /// The members of a conversation, as they were read since [`open`](Self::open).
    pub(super) fn read(
        &mut self,
        (conv, opened): (ConversationId, u64),
        mut members: Vec<Seat>,
        now: Instant,
    ) {
        let room = self.of.get_mut(&conv);
        let Some(room) = room.filter(|room| room.opened == opened) else {
            return;
        };
        // Another one was quicker, or too much changed meanwhile.
        let (None, Some(meanwhile)) = (&room.members, room.meanwhile.take()) else {
            return;
        };
        for came in meanwhile {
            apply(&mut members, &mut room.read_by, came);
        }
        let is_small = is_small(&members);
        if is_small {
            for member in &members {
                self.seen_in.entry(member.user).or_default().push(conv);
            }
        }
        room.members = Some(members);
        if !is_small {
            self.look_at(conv, now);
        }
    }

    /// Members came or went, or have read.
    pub(super) fn change(&mut self, conv: ConversationId, changes: &[Came], now: Instant) {
        let Some(room) = self.of.get_mut(&conv) else {
            return;
        };
        if let Some(meanwhile) = &mut room.meanwhile {
            meanwhile.extend_from_slice(changes);
            if meanwhile.len() > ROSTER_CHANGES {
                room.meanwhile = None;
            }
        }
        let Some(mut members) = room.members.take() else {
            return;
        };
        let was_small = is_small(&members);
        let mut others = false;
        for came in changes {
            others |= apply(&mut members, &mut room.read_by, *came);
            match came {
                Came::Out(user) => {
                    room.read_by.out(*user);
                    room.untold.remove(user);
                }
                Came::In(user, _) => {
                    room.untold.insert(*user);
                }
                Came::Read(..) => {}
            }
        }
        let (is_small, has_read) = (is_small(&members), room.read_by.has_changed());
        if others && (was_small || is_small) {
            self.see(conv, was_small, changes, &members);
        }
        if let Some(room) = self.of.get_mut(&conv) {
            room.members = Some(members);
        }
        if others {
            self.tell_soon(conv, now);
        }
        if has_read {
            self.tell_reads_soon(conv, now);
        }
    }

    /// Where the members of a small conversation are seen, once some came or went.
    fn see(&mut self, conv: ConversationId, was_small: bool, changes: &[Came], now: &[Seat]) {
        if was_small {
            let before = changes.iter().filter_map(|came| match came {
                Came::Out(user) => Some(*user),
                Came::In(..) | Came::Read(..) => None,
            });
            let users: Vec<UserId> = now.iter().map(|seat| seat.user).chain(before).collect();
            self.unsee_users(conv, users);
        }
        if is_small(now) {
            for member in now {
                self.seen_in.entry(member.user).or_default().push(conv);
            }
        }
    }

    /// The connection shows these messages, each with its author, ascending. By how many each was read; `None` where the
    /// members are not known.
    pub(super) fn name(
        &mut self,
        conv: ConversationId,
        whose: (ConnectionId, UserId),
        messages: &[(u32, UserId)],
    ) -> Option<Vec<(u32, u32)>> {
        let room = self.of.get_mut(&conv)?;
        let members = room.members.as_deref()?;
        Some(room.read_by.name(whose, messages, members))
    }

    /// The connection shows nothing there any more.
    pub(super) fn unname(&mut self, conv: ConversationId, connection: ConnectionId) {
        if let Some(room) = self.of.get_mut(&conv) {
            room.read_by.unname(connection);
        }
    }

    /// The messages of which it is to be told now by how many they were read, if there are any.
    pub(super) fn take_reads(&mut self, now: Instant) -> Option<(ConversationId, Vec<(u32, u32)>)> {
        while let Some(&(due, conv)) = self.read_due.first()
            && due <= now
        {
            self.read_due.pop_first();
            if let Some(room) = self.of.get_mut(&conv) {
                room.read_due = None;
                room.read_told_at = Some(now);
                return Some((conv, room.read_by.take_changed()));
            }
        }
        None
    }

    /// At most `limit` connections above this one that show messages there, and which.
    pub(super) fn showing(
        &self,
        conv: ConversationId,
        above: Option<ConnectionId>,
        limit: usize,
    ) -> Vec<(ConnectionId, UserId, &[u32])> {
        let room = self.of.get(&conv);
        room.map_or_else(Vec::new, |room| room.read_by.some_above(above, limit))
    }

    fn tell_reads_soon(&mut self, conv: ConversationId, now: Instant) {
        let Some(room) = self.of.get_mut(&conv) else {
            return;
        };
        if room.read_due.is_none() {
            let may = room.read_told_at.map(|told_at| told_at + LIVE_INTERVAL);
            let at = may.map_or(now, |may| may.max(now));
            room.read_due = Some(at);
            self.read_due.insert((at, conv));
        }
    }

    /// Others see something else of this user now.
    pub(super) fn changed(&mut self, user: UserId, now: Instant) {
        for conv in self.seen_in.get(&user).cloned().unwrap_or_default() {
            if let Some(room) = self.of.get_mut(&conv) {
                room.untold.insert(user);
            }
            self.tell_soon(conv, now);
        }
    }

    /// The members, where they are known, and how many were there when they were counted, where they are many.
    pub(super) fn members(&self, conv: ConversationId) -> Option<(&[Seat], Option<u64>)> {
        let room = self.of.get(&conv)?;
        Some((room.members.as_deref()?, room.online))
    }

    /// Whether one more frame tells who is there, and not how many are.
    pub(super) fn tells_who(&self, conv: ConversationId) -> bool {
        let members = self.of.get(&conv).and_then(|room| room.members.as_deref());
        members.is_some_and(is_small)
    }

    /// How many members are there. Whether it is another number than the last.
    pub(super) fn counted(&mut self, conv: ConversationId, online: u64) -> bool {
        let room = self.of.get_mut(&conv);
        room.is_some_and(|room| room.online.replace(online) != Some(online))
    }

    /// When there is something to do.
    pub(super) fn next(&self) -> Option<Instant> {
        let reads = self.read_due.first().map(|(due, _)| *due);
        let due = self.due.first().map(|(due, _)| *due);
        due.into_iter().chain(reads).min()
    }

    /// What is due now, if anything.
    pub(super) fn take_due(&mut self, now: Instant) -> Option<(ConversationId, Due)> {
        while let Some(&(due, conv)) = self.due.first()
            && due <= now
        {
            self.due.pop_first();
            let Some(room) = self.of.get_mut(&conv) else {
                continue;
            };
            room.due = None;
            let Some(members) = &room.members else {
                continue;
            };
            let untold = std::mem::take(&mut room.untold);
            if is_small(members) {
                if untold.is_empty() {
                    continue;
                }
                room.told_at = Some(now);
                return Some((conv, Due::Who(untold.into_iter().collect())));
            }
            room.told_at = Some(now);
            let again = now + interval(members.len());
            self.look_at(conv, again);
            return Some((conv, Due::Count));
        }
        None
    }

    fn unsee(&mut self, conv: ConversationId, members: &[Seat]) {
        if is_small(members) {
            let users = members.iter().map(|seat| seat.user).collect();
            self.unsee_users(conv, users);
        }
    }

    fn unsee_users(&mut self, conv: ConversationId, users: Vec<UserId>) {
        for user in users {
            if let Some(seen_in) = self.seen_in.get_mut(&user) {
                seen_in.retain(|one| *one != conv);
                if seen_in.is_empty() {
                    self.seen_in.remove(&user);
                }
            }
        }
    }

    /// At once, or when a frame may follow the last one.
    fn tell_soon(&mut self, conv: ConversationId, now: Instant) {
        let told_at = self.of.get(&conv).and_then(|room| room.told_at);
        self.look_at(
            conv,
            told_at.map_or(now, |told_at| now.max(told_at + LIVE_INTERVAL)),
        );
    }

    fn look_at(&mut self, conv: ConversationId, at: Instant) {
        let Some(room) = self.of.get_mut(&conv) else {
            return;
        };
        match room.due {
            Some(due) if due <= at => return,
            Some(due) => {
                self.due.remove(&(due, conv));
            }
            None => {}
        }
        room.due = Some(at);
        self.due.insert((at, conv));
    }
}

fn is_small(members: &[Seat]) -> bool {
    members.len() <= PRESENCE_MEMBERS
}

/// From one count of so many members to the next: so that a count of a thousand costs a second's patience.
fn interval(members: usize) -> Duration {
    let thousands = u32::try_from(members.div_ceil(1000)).unwrap_or(u32::MAX);
    LIVE_INTERVAL * thousands.clamp(1, 10)
}

#[cfg(test)]
mod tests {
    use hongyan_protocol::Seq;
    use hongyan_store::Standing;

    use super::*;

    fn conv(number: u64) -> ConversationId {
        ConversationId::new(number).unwrap()
    }

    fn user(number: u64) -> UserId {
        UserId::new(1000 + number).unwrap()
    }

    fn came(number: u64) -> Came {
        Came::In(user(number), Seq::new(1).unwrap())
    }

    fn users(numbers: std::ops::Range<u64>) -> Vec<Seat> {
        let standing = |number| Standing {
            user: user(number),
            joined: Seq::new(1).unwrap(),
            read: Seq::new(1).unwrap(),
        };
        numbers.map(|number| Seat::of(&standing(number))).collect()
    }

    fn members(rooms: &Rooms) -> Vec<UserId> {
        let members = rooms.members(conv(1)).unwrap().0.iter();
        members.map(|seat| seat.user).collect()
    }

    #[test]
    fn who_changes_is_told_once_a_second_where_it_is_a_member() {
        let (mut rooms, now) = (Rooms::default(), Instant::now());
        let opened = rooms.open(conv(1)).unwrap();
        rooms.read((conv(1), opened), users(1..4), now);
        assert_eq!(rooms.open(conv(1)), None, "they are known");
        rooms.changed(user(2), now);
        rooms.changed(user(9), now);
        let due = |who| Some((conv(1), Due::Who(who)));
        assert_eq!(rooms.take_due(now), due(vec![user(2)]));
        rooms.changed(user(1), now);
        rooms.changed(user(3), now);
        assert_eq!(rooms.take_due(now), None, "not within the second");
        let later = now + LIVE_INTERVAL;
        assert_eq!(rooms.next(), Some(later));
        assert_eq!(rooms.take_due(later), due(vec![user(1), user(3)]));
        rooms.close(conv(1));
        rooms.changed(user(1), later);
        assert!(rooms.due.is_empty() && rooms.seen_in.is_empty() && rooms.of.is_empty());
        rooms.open(conv(1));
        rooms.read((conv(1), opened), users(1..4), later);
        assert_eq!(rooms.members(conv(1)), None, "that was read before");
    }

    #[test]
    fn who_comes_and_goes_while_the_members_are_read_counts() {
        let (mut rooms, now) = (Rooms::default(), Instant::now());
        let opened = rooms.open(conv(1)).unwrap();
        let changes = [came(9), Came::Out(user(1)), came(2)];
        rooms.change(conv(1), &changes, now);
        rooms.read((conv(1), opened), users(1..3), now);
        assert_eq!(members(&rooms), [user(2), user(9)]);
        rooms.change(conv(1), &[Came::Out(user(9))], now);
        assert_eq!(members(&rooms), [user(2)]);
        rooms.changed(user(9), now);
        assert_eq!(rooms.take_due(now), None, "a member no more");
        rooms.change(conv(1), &[came(3)], now + LIVE_INTERVAL);
        let due = rooms.take_due(now + LIVE_INTERVAL);
        assert_eq!(due, Some((conv(1), Due::Who(vec![user(3)]))));
    }

    #[test]
    fn many_are_counted_and_the_more_the_seldomer() {
        let (mut rooms, now) = (Rooms::default(), Instant::now());
        let opened = rooms.open(conv(1)).unwrap();
        rooms.read((conv(1), opened), users(0..10_000), now);
        assert!(!rooms.tells_who(conv(1)));
        assert_eq!(rooms.take_due(now), Some((conv(1), Due::Count)));
        assert!(rooms.counted(conv(1), 7) && !rooms.counted(conv(1), 7));
        rooms.changed(user(1), now);
        assert_eq!(rooms.next(), Some(now + 10 * LIVE_INTERVAL));
        assert!(rooms.seen_in.is_empty(), "nobody is sought there");
    }
}
