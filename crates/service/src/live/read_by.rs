//! By how many messages were read, for those that somebody shows: pure.
//!
//! The members are a list of 16 bytes each, see [`Seat`]. Messages that are named are counted once by a walk along it; from
//! then on each read, and each member who goes, changes the counts that it passes and no others.

use std::collections::{BTreeMap, BTreeSet};

use hongyan_protocol::{Seq, UserId};
use hongyan_store::Standing;

use crate::ConnectionId;

/// A member of a conversation that somebody looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Seat {
    pub(super) user: UserId,
    /// The entry with which they came in.
    joined: u32,
    /// Up to where they have read.
    read: u32,
}

const _: () = assert!(size_of::<Seat>() == 16);

/// What changes a list of members, or what they have read.
#[derive(Debug, Clone, Copy)]
pub(super) enum Came {
    /// A member since this entry.
    In(UserId, Seq),
    /// A member no more.
    Out(UserId),
    /// A member has read up to here.
    Read(UserId, Seq),
}

/// A message that somebody shows.
struct Named {
    /// Whose read does not count.
    author: UserId,
    count: u32,
    /// Connections that show it.
    shown: u32,
}

/// The messages of one conversation that somebody shows.
#[derive(Default)]
pub(super) struct ReadBy {
    named: BTreeMap<u32, Named>,
    by: BTreeMap<ConnectionId, (UserId, Vec<u32>)>,
    changed: BTreeSet<u32>,
}

/// Beyond four thousand million entries a log's end counts as one.
pub(super) fn short(seq: Seq) -> u32 {
    u32::try_from(seq.get()).unwrap_or(u32::MAX)
}

impl Seat {
    pub(super) fn of(standing: &Standing) -> Self {
        Self {
            user: standing.user,
            joined: short(standing.joined),
            read: short(standing.read),
        }
    }

    /// What they have seen, if anything, of what was said since they came.
    fn seen(&self) -> Option<std::ops::RangeInclusive<u32>> {
        (self.joined <= self.read).then_some(self.joined..=self.read)
    }
}

/// Takes in a change of the members, who are ascending. Whether another one is a member since, or one is no more.
pub(super) fn apply(seats: &mut Vec<Seat>, read_by: &mut ReadBy, came: Came) -> bool {
    match came {
        Came::In(user, seq) => {
            let seat = Seat {
                user,
                joined: short(seq),
                read: short(seq),
            };
            match seats.binary_search_by_key(&user, |seat| seat.user) {
                Err(at) => seats.insert(at, seat),
                // It was read after that.
                Ok(at) if seats[at].joined >= seat.joined => return false,
                Ok(at) => {
                    read_by.seen_less(&seats[at]);
                    seats[at] = seat;
                }
            }
            true
        }
        Came::Out(user) => match seats.binary_search_by_key(&user, |seat| seat.user) {
            Ok(at) => {
                read_by.seen_less(&seats[at]);
                seats.remove(at);
                true
            }
            Err(_) => false,
        },
        Came::Read(user, seq) => {
            let at = seats.binary_search_by_key(&user, |seat| seat.user);
            if let Ok(at) = at
                && short(seq) > seats[at].read
            {
                read_by.seen_more(&seats[at], short(seq));
                seats[at].read = short(seq);
            }
            false
        }
    }
}

impl ReadBy {
    /// The connection shows these messages, each with its author, ascending, and no longer others. By how many each was
    /// read.
    pub(super) fn name(
        &mut self,
        (connection, user): (ConnectionId, UserId),
        messages: &[(u32, UserId)],
        seats: &[Seat],
    ) -> Vec<(u32, u32)> {
        let seqs: Vec<u32> = messages.iter().map(|(seq, _)| *seq).collect();
        // Those before go after: what is shown by both is not counted again.
        for (seq, author) in messages {
            let named = self.named.entry(*seq).or_insert_with(|| Named {
                author: *author,
                count: u32::MAX,
                shown: 0,
            });
            named.shown += 1;
        }
        let before = self.by.insert(connection, (user, seqs));
        self.hide(before.map(|(_, seqs)| seqs).unwrap_or_default());
        let is_new = |(seq, _): &&(u32, UserId)| self.named[seq].count == u32::MAX;
        let new: Vec<(u32, UserId)> = messages.iter().filter(is_new).copied().collect();
        for (seq, count) in counted(&new, seats) {
            if let Some(named) = self.named.get_mut(&seq) {
                named.count = count;
            }
        }
        let count = |(seq, _): &(u32, UserId)| (*seq, self.named[seq].count);
        messages.iter().map(count).collect()
    }

    /// The connection shows nothing any more.
    pub(super) fn unname(&mut self, connection: ConnectionId) {
        if let Some((_, seqs)) = self.by.remove(&connection) {
            self.hide(seqs);
        }
    }

    /// These users show nothing any more.
    pub(super) fn out(&mut self, user: UserId) {
        let own = self.by.iter().filter(|(_, (shower, _))| *shower == user);
        let own: Vec<ConnectionId> = own.map(|(connection, _)| *connection).collect();
        own.into_iter()
            .for_each(|connection| self.unname(connection));
    }

    /// Whether there is something to tell.
    pub(super) fn has_changed(&self) -> bool {
        !self.changed.is_empty()
    }

    /// What is to be told: the messages that were read by another number than before, and by how many.
    pub(super) fn take_changed(&mut self) -> Vec<(u32, u32)> {
        let changed = std::mem::take(&mut self.changed).into_iter();
        let counts = changed.filter_map(|seq| Some((seq, self.named.get(&seq)?.count)));
        counts.collect()
    }

    /// At most `limit` connections above this one, and what each shows.
    pub(super) fn some_above(
        &self,
        above: Option<ConnectionId>,
        limit: usize,
    ) -> Vec<(ConnectionId, UserId, &[u32])> {
        let from = match above {
            Some(above) => std::ops::Bound::Excluded(above),
            None => std::ops::Bound::Unbounded,
        };
        let some = self.by.range((from, std::ops::Bound::Unbounded));
        let some = some.map(|(connection, (user, seqs))| (*connection, *user, &**seqs));
        some.take(limit).collect()
    }

    fn hide(&mut self, seqs: Vec<u32>) {
        for seq in seqs {
            let Some(named) = self.named.get_mut(&seq) else {
                continue;
            };
            named.shown -= 1;
            if named.shown == 0 {
                self.named.remove(&seq);
                self.changed.remove(&seq);
            }
        }
    }

    fn seen_more(&mut self, seat: &Seat, read: u32) {
        let first = seat.joined.max(seat.read.saturating_add(1));
        if first <= read {
            self.add(seat.user, first..=read, |count| count.saturating_add(1));
        }
    }

    fn seen_less(&mut self, seat: &Seat) {
        if let Some(seen) = seat.seen() {
            self.add(seat.user, seen, |count| count.saturating_sub(1));
        }
    }

    fn add(
        &mut self,
        user: UserId,
        seqs: std::ops::RangeInclusive<u32>,
        change: impl Fn(u32) -> u32,
    ) {
        for (seq, named) in self.named.range_mut(seqs) {
            if named.author != user {
                named.count = change(named.count);
                self.changed.insert(*seq);
            }
        }
    }
}

/// By how many members each of these messages was read: one walk along the members, whatever the number of messages.
fn counted(messages: &[(u32, UserId)], seats: &[Seat]) -> Vec<(u32, u32)> {
    // How many more read each one than the one before, and the last one less than none.
    let mut steps = vec![0_i64; messages.len() + 1];
    let at = |seq: u32| messages.partition_point(|(message, _)| *message < seq);
    for seat in seats.iter().filter(|_| !messages.is_empty()) {
        let Some(seen) = seat.seen() else {
            continue;
        };
        let (first, behind) = (at(*seen.start()), at(seen.end().saturating_add(1)));
        steps[first] += 1;
        steps[behind.max(first)] -= 1;
    }
    let mut readers = 0;
    let with_readers = messages.iter().zip(steps).map(|((seq, author), step)| {
        readers += step;
        let own = seats.binary_search_by_key(author, |seat| seat.user);
        let own = own.ok().and_then(|at| seats[at].seen());
        let own = i64::from(own.is_some_and(|seen| seen.contains(seq)));
        (*seq, u32::try_from(readers - own).unwrap_or_default())
    });
    with_readers.collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::hash::{BuildHasher, RandomState};

    use tokio::time::Instant;

    use super::*;

    fn user(number: u64) -> UserId {
        UserId::new(1000 + number).unwrap()
    }

    fn seq(number: u64) -> Seq {
        Seq::new(number).unwrap()
    }

    fn connection(number: u64) -> ConnectionId {
        ConnectionId::after(number)
    }

    /// Numbers without a pattern that matters here.
    struct Dice(u64);

    impl Dice {
        fn below(&mut self, limit: u64) -> u64 {
            self.0 = self
                .0
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            (self.0 >> 33) % limit
        }
    }

    /// What it is to be, by its definition: of each user all entries that were read while a member.
    #[derive(Default)]
    struct Naive {
        members: BTreeMap<UserId, (u64, u64)>,
        authors: Vec<UserId>,
    }

    impl Naive {
        fn count(&self, message: u64) -> u32 {
            let author = self.authors[message as usize - 1];
            let readers = self.members.iter().filter(|(user, (joined, read))| {
                **user != author && *joined <= message && message <= *read
            });
            readers.count() as u32
        }
    }

    #[test]
    #[allow(
        clippy::disallowed_methods,
        reason = "a test is asked to repeat itself by a variable"
    )]
    fn counts_are_those_of_a_naive_model() {
        let seed = match std::env::var("READ_BY_SEED") {
            Ok(seed) => seed.parse().unwrap(),
            Err(_) => RandomState::new().hash_one(0),
        };
        println!("READ_BY_SEED={seed}");
        let mut dice = Dice(seed);
        for _ in 0..50 {
            let (mut seats, mut read_by) = (Vec::new(), ReadBy::default());
            let mut naive = Naive::default();
            naive.authors.push(user(0));
            naive.members.insert(user(0), (1, 1));
            apply(&mut seats, &mut read_by, Came::In(user(0), seq(1)));
            let mut shown = BTreeMap::<u64, Vec<u64>>::new();
            let mut told = BTreeMap::<u64, u32>::new();
            for _ in 0..400 {
                let (who, head) = (user(dice.below(12)), naive.authors.len() as u64);
                match dice.below(10) {
                    0..=1 => {
                        naive.authors.push(who);
                        if let Some((_, read)) = naive.members.get_mut(&who) {
                            *read = head + 1;
                            let came = Came::Read(who, seq(head + 1));
                            apply(&mut seats, &mut read_by, came);
                        }
                    }
                    2..=5 => {
                        let to = 1 + dice.below(head);
                        if let Some((_, read)) = naive.members.get_mut(&who) {
                            *read = to.max(*read);
                        }
                        apply(&mut seats, &mut read_by, Came::Read(who, seq(to)));
                    }
                    6 if !naive.members.contains_key(&who) => {
                        naive.authors.push(user(99));
                        naive.members.insert(who, (head + 1, head + 1));
                        apply(&mut seats, &mut read_by, Came::In(who, seq(head + 1)));
                    }
                    7 => {
                        naive.members.remove(&who);
                        apply(&mut seats, &mut read_by, Came::Out(who));
                    }
                    8 => {
                        let by = dice.below(4);
                        let first = 1 + dice.below(head);
                        let last = head.min(first + dice.below(8));
                        let seqs: Vec<u64> = (first..=last).collect();
                        let author = |seq: &u64| (*seq as u32, naive.authors[*seq as usize - 1]);
                        let messages: Vec<_> = seqs.iter().map(author).collect();
                        let whose = (connection(by), user(by));
                        for (seq, count) in read_by.name(whose, &messages, &seats) {
                            assert_eq!(count, naive.count(seq.into()), "named {seq}");
                            told.insert(seq.into(), count);
                        }
                        shown.insert(by, seqs);
                    }
                    _ => {
                        let by = dice.below(4);
                        read_by.unname(connection(by));
                        shown.remove(&by);
                    }
                }
                for (seq, count) in read_by.take_changed() {
                    told.insert(seq.into(), count);
                }
                for seq in shown.values().flatten() {
                    assert_eq!(told[seq], naive.count(*seq), "of {seq}");
                }
            }
            for by in 0..4 {
                read_by.unname(connection(by));
            }
            assert!(read_by.named.is_empty() && read_by.changed.is_empty());
        }
    }

    #[test]
    fn what_is_read_again_while_the_members_are_read_counts_once() {
        let (mut seats, mut read_by) = (Vec::new(), ReadBy::default());
        for came in [
            Came::In(user(1), seq(1)),
            Came::Read(user(1), seq(5)),
            Came::Read(user(1), seq(4)),
            Came::In(user(1), seq(1)),
        ] {
            apply(&mut seats, &mut read_by, came);
        }
        let whose = (connection(1), user(2));
        let counts = read_by.name(whose, &[(4, user(2)), (6, user(2))], &seats);
        assert_eq!(counts, [(4, 1), (6, 0)]);
        apply(&mut seats, &mut read_by, Came::Read(user(1), seq(6)));
        apply(&mut seats, &mut read_by, Came::Read(user(1), seq(6)));
        assert_eq!(read_by.take_changed(), [(6, 1)]);
    }

    /// Prints what a naming and a read cost.
    #[test]
    fn ten_thousand_members_cost_16_bytes_each() {
        let (members, messages) = (10_000, 50);
        let (mut seats, mut read_by) = (Vec::with_capacity(members), ReadBy::default());
        for number in 0..members as u64 {
            apply(&mut seats, &mut read_by, Came::In(user(number), seq(1)));
        }
        assert_eq!(size_of_val(&*seats), 16 * members);
        let named: Vec<_> = (2..2 + messages).map(|seq| (seq, user(0))).collect();
        let start = Instant::now();
        read_by.name((connection(1), user(0)), &named, &seats);
        println!("{messages} messages named: {:?}", start.elapsed());
        let start = Instant::now();
        for number in 1..members as u64 {
            let came = Came::Read(user(number), seq(1 + u64::from(messages)));
            apply(&mut seats, &mut read_by, came);
        }
        let each = start.elapsed() / u32::try_from(members).unwrap();
        println!("a read of all {messages}: {each:?}");
        let changed = read_by.take_changed();
        assert_eq!(changed.len(), 50);
        assert!(changed.iter().all(|(_, count)| *count == 9_999));
    }
}
