//! Random batches, against a model that is plainly right.

use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasher, RandomState};

use hongyan_protocol::{ConversationId, Millis, Seq, UserId};

use super::Rng;
use super::fixture::{Engine, Fixture, WIDE};
use super::model::{Model, about};
use crate::{
    Admission, Append, BlockError, Blocks, Change, Conversation, DraftChange, GroupChange,
    HeaderFields, HistoryRange, Joining, JoiningChange, JoiningReads, Knock, Logs, MENTIONS_PAGE,
    Maintenance, Move, REACTIONS_PAGE, ReactionRange, Reactions, ReadError, RetainStep, Retention,
    Role, SetBlock, Setting, SyncCursor, SyncLimits, Target, ViewChange, WayIn, Who, Window, Write,
};

const BATCHES: u64 = 150;
const USERS: usize = 5;

/// In milliseconds.
const DAY: u64 = 24 * 60 * 60 * 1000;

/// Set it to a seed that failed, to see the same run again.
const SEED_VARIABLE: &str = "HONGYAN_TEST_SEED";

/// Whatever the store answers and shows, the model says the same.
pub async fn against_a_naive_model<E: Engine>(f: &mut Fixture<E>) {
    let mut rng = Rng::new(seed());
    let mut users = Vec::new();
    for _ in 0..USERS {
        users.push(f.user().await);
    }
    let mut model = Model::new(users.clone());
    let mut clients: Vec<_> = users.iter().map(|user| Client::new(*user)).collect();
    let mut sent = Vec::new();
    for _ in 0..BATCHES {
        if rng.once_in(4) {
            f.pass(rng.below(DAY));
        }
        let mut writes = Vec::new();
        for _ in 0..rng.below(12) {
            writes.push(random_write(f, &mut rng, &model, &mut sent));
        }
        if rng.once_in(5) {
            let set = SetBlock {
                user: *rng.pick(&users),
                other: *rng.pick(&users),
                on: rng.once_in(2),
                at: f.tick(),
            };
            let expected = match set.on && set.user == set.other {
                true => Err(BlockError::NoSuchUser),
                false => Ok(model.set_block(set.user, set.other, set.on)),
            };
            assert_eq!(f.store().set_block(set).await, expected);
        }
        let outcomes = f.commit(writes.clone()).await;
        model.batch(&writes, &outcomes);
        if rng.once_in(4) {
            retain(f, &mut rng, &mut model).await;
        }
        // Clients walk a page now and then, so that walks and changes mix.
        for client in &mut clients {
            if rng.once_in(3) {
                client.page(f).await;
            }
        }
        if rng.once_in(10) {
            compare(f, &model).await;
        }
        if rng.once_in(30) {
            f.reopen().await;
        }
    }
    compare(f, &model).await;
    for client in &mut clients {
        client.catch_up(f).await;
        client.compare(&model);
    }
}

/// Another one each time, unless one is asked for. Prints it.
#[allow(
    clippy::disallowed_methods,
    reason = "a test is asked to repeat itself by a variable"
)]
pub(super) fn seed() -> u64 {
    let seed = match std::env::var(SEED_VARIABLE) {
        Ok(seed) => seed.parse().unwrap(),
        Err(_) => RandomState::new().hash_one(0),
    };
    println!("{SEED_VARIABLE}={seed}");
    seed
}

fn random_write<E: Engine>(
    f: &mut Fixture<E>,
    rng: &mut Rng,
    model: &Model,
    sent: &mut Vec<Append>,
) -> Write {
    // Users that do not exist, and conversations too, now and then.
    let nobody = UserId::new(1).unwrap();
    let user = if rng.once_in(40) {
        nobody
    } else {
        *rng.pick(&model.users)
    };
    let (conv, head) = match model.logs.len() {
        0 => (ConversationId::new(9).unwrap(), Seq::ZERO),
        _ => {
            let log = rng.pick(&model.logs);
            (log.conv, log.head())
        }
    };
    if rng.once_in(4) {
        let position = |rng: &mut Rng| (!rng.once_in(3)).then(|| about(rng, head));
        return Write::Move(Move {
            user,
            conv,
            read: position(rng),
            delivered: position(rng),
        });
    }
    if rng.once_in(5) {
        let value = format!("value {}", rng.below(22));
        let at = (conv, about(rng, head).get());
        return Write::React(f.reaction(user, at, &value, !rng.once_in(3)));
    }
    if rng.once_in(4) {
        return Write::View(random_view(f, rng, user, (conv, head)));
    }
    if rng.once_in(4) {
        return Write::Joining(random_joining(f, rng, user, conv, model));
    }
    let mut append = match rng.once_in(5) {
        true => random_group_change(f, rng, user, conv, model),
        false => random_append(f, rng, user, (conv, head)),
    };
    if rng.once_in(4) && !matches!(append.change, Change::Group(_)) {
        append.target = Target::Direct(*rng.pick(&model.users));
    }
    if !sent.is_empty() && rng.once_in(6) {
        let earlier = rng.pick(sent).clone();
        if rng.once_in(3) {
            append.client_id = earlier.client_id;
        } else {
            append = Append {
                at: f.tick(),
                ..earlier
            };
        }
    }
    sent.push(append.clone());
    Write::Append(append)
}

/// Makes links and takes them away, asks to be let in, and declines.
fn random_joining<E: Engine>(
    f: &mut Fixture<E>,
    rng: &mut Rng,
    user: UserId,
    conv: ConversationId,
    model: &Model,
) -> Joining {
    let links = model.find(conv).map(|at| model.logs[at].links());
    let links = links.unwrap_or_default();
    let change = match rng.below(9) {
        0..2 => {
            let soon = f.tick().plus(rng.below(2 * DAY));
            let mut new = f.new_link(match rng.below(3) {
                0 => Admission::All,
                1 => Admission::First(1 + rng.below(2)),
                _ => Admission::Approved,
            });
            new.expires_at = rng.once_in(3).then_some(soon);
            if rng.once_in(6)
                && let Some(earlier) = links.last()
            {
                new.client_id = earlier.new.client_id.clone();
            }
            JoiningChange::Make(new)
        }
        2 => JoiningChange::Revoke(rng.below(4)),
        3..6 => JoiningChange::Ask(match links.is_empty() || rng.once_in(3) {
            true => None,
            false => Some(rng.pick(&links).new.token),
        }),
        6 => JoiningChange::Withdraw,
        _ => JoiningChange::Decline(*rng.pick(&model.users)),
    };
    f.joining(user, conv, change)
}

/// Sets one thing or another.
fn random_view<E: Engine>(
    f: &mut Fixture<E>,
    rng: &mut Rng,
    user: UserId,
    (conv, head): (ConversationId, Seq),
) -> ViewChange {
    let mut change = f.view(user, conv);
    match rng.below(8) {
        6 => {
            let up_to = about(rng, head).get() / if rng.once_in(3) { 1 } else { 2 };
            change.cleared = Seq::new(up_to).ok();
        }
        0 => {
            // Around now, so that some end soon.
            let until = change.at.get() + rng.below(40);
            change.muted_until = Millis::new(until.saturating_sub(10)).ok();
        }
        1 => change.pinned = Some(rng.below(3)),
        2 => change.archived = Some(!rng.once_in(4)),
        3 => change.hidden = Some(!rng.once_in(4)),
        4 => change.marked_unread = Some(!rng.once_in(4)),
        5 => {
            let draft = |rng: &mut Rng| DraftChange {
                text: ["", "begun", "begun and gone on"][rng.below(3) as usize].into(),
                reply_to: rng.once_in(3).then(|| about(rng, head)),
            };
            change.draft = Some(draft(rng));
        }
        _ => {
            change.muted_until = Millis::new(change.at.get() + 20).ok();
            change.archived = Some(true);
        }
    }
    change
}

fn random_append<E: Engine>(
    f: &mut Fixture<E>,
    rng: &mut Rng,
    user: UserId,
    (conv, head): (ConversationId, Seq),
) -> Append {
    let target = about(rng, head);
    let text = format!("text {}", rng.below(1000));
    match rng.below(10) {
        0..2 => f.edit(user, conv, target, &text),
        2..4 => f.recall(user, conv, target),
        kind => {
            let mut append = f.message(user, Target::Conversation(conv), &text);
            if let Change::Message {
                reply_to,
                header,
                mentions,
                ..
            } = &mut append.change
            {
                match kind {
                    4 => *reply_to = Some(target),
                    6 => {
                        // Users have ids one after the other.
                        let mut ids: Vec<_> = (0..3).map(|_| 1000 + rng.below(6)).collect();
                        ids.sort_unstable();
                        ids.dedup();
                        *mentions = ids.into_iter().map(UserId::from_trusted).collect();
                    }
                    7 => {
                        let fields = HeaderFields {
                            mentions_all: true,
                            ..HeaderFields::default()
                        };
                        *header = fields.into();
                        *mentions = vec![user];
                    }
                    5 => {
                        let topic = Some(format!("topic {}", rng.below(3)).into());
                        let fields = HeaderFields {
                            topic,
                            ..HeaderFields::default()
                        };
                        *header = fields.into();
                    }
                    _ => {}
                }
            }
            append
        }
    }
}

fn random_group_change<E: Engine>(
    f: &mut Fixture<E>,
    rng: &mut Rng,
    user: UserId,
    conv: ConversationId,
    model: &Model,
) -> Append {
    // Often somebody who is not in, or who does not exist.
    let mut users = Vec::new();
    for _ in 0..rng.below(3) {
        users.push(*rng.pick(&model.users));
    }
    if rng.once_in(20) {
        users.push(UserId::new(1).unwrap());
    }
    users.sort();
    users.dedup();
    let name = format!("group {}", rng.below(4));
    if rng.once_in(6) {
        return f.new_group(user, &name, &users);
    }
    let one = *rng.pick(&model.users);
    let who = *rng.pick(&[Who::All, Who::Admins]);
    let windows = [
        Window::All,
        Window::Joining,
        Window::Days(1),
        Window::Days(5),
    ];
    let (_, head) = match model.find(conv) {
        Some(at) => (conv, model.logs[at].head()),
        None => (conv, Seq::ZERO),
    };
    let until = match rng.below(3) {
        0 => Millis::default(),
        days => f.tick().plus(days * DAY / 8),
    };
    let links = model.find(conv).map(|at| model.logs[at].links());
    let links = links.unwrap_or_default();
    let change = match rng.below(39) {
        31..35 if !links.is_empty() => GroupChange::Join(rng.pick(&links).new.token),
        31 => GroupChange::Join(f.token()),
        32..37 => GroupChange::Approve(one),
        37 => GroupChange::Set(Setting::Ask(!rng.once_in(4))),
        0..5 => GroupChange::Add(users),
        5..7 => GroupChange::Remove(users),
        7 => GroupChange::Leave,
        8 => GroupChange::Role(one, Role::Owner),
        9..11 => GroupChange::Role(one, Role::Admin),
        11 => GroupChange::Role(one, Role::Member),
        12 => GroupChange::Set(Setting::Name(name.as_str().into())),
        13 => GroupChange::Set(Setting::Post(who)),
        14 => GroupChange::Set(Setting::Invite(who)),
        15..17 => GroupChange::Set(Setting::History(*rng.pick(&windows))),
        17 => GroupChange::Set(Setting::Pin(who)),
        18 => GroupChange::Set(Setting::Slow(*rng.pick(&[0, 0, 1, 3600]))),
        19 => GroupChange::Ban(users),
        20..22 => GroupChange::Unban(users),
        22..24 => GroupChange::Mute(one, until),
        24..26 => GroupChange::Pin(about(rng, head)),
        26 => GroupChange::Unpin(about(rng, head)),
        28 => GroupChange::Set(Setting::KeepDays(rng.below(4) as u32)),
        29 => GroupChange::Set(Setting::KeepEntries(5 * rng.below(6))),
        _ if rng.once_in(3) => GroupChange::Disband,
        _ => GroupChange::Set(Setting::Description(name.as_str().into())),
    };
    f.group_change(user, conv, change)
}

/// Some steps of a walk over all conversations, perhaps to its end.
async fn retain<E: Engine>(f: &mut Fixture<E>, rng: &mut Rng, model: &mut Model) {
    let keep = Retention {
        days: *rng.pick(&[0, 0, 3, 9]),
        entries: *rng.pick(&[0, 0, 60]),
    };
    let mut step = RetainStep {
        keep,
        now: f.tick(),
        after: ConversationId::default(),
        bodies: rng.below(9) as usize + 1,
    };
    for _ in 0..rng.below(60) {
        let done = f.store().retain(step).await.unwrap();
        model.retained(keep, step.now, &done);
        let Some(next) = done.next else {
            model.is_retained(keep, step.now);
            return;
        };
        step.after = next;
    }
}

/// Compares the ways into groups, as one user sees them.
async fn compare_ways<E: Engine>(f: &Fixture<E>, model: &Model, user: UserId) {
    let (store, now) = (f.store(), f.now());
    let mut own = model.own_requests(user);
    own.retain(|own| own.request.counts(now));
    assert_eq!(store.own_requests(user, now).await.unwrap(), own);
    for log in model.logs.iter().filter(|log| log.settings.is_some()) {
        let counts = |way: &mut WayIn| {
            way.request = way.request.filter(|own| own.counts(now));
        };
        let links = log.links();
        for link in links.iter().map(Some).chain([None]) {
            let knock = match link {
                Some(link) => Knock::Link(link.new.token),
                None => Knock::Group(log.conv),
            };
            let mut told = store.way_in(user, knock, now).await.unwrap();
            let mut expected = log.way_in(user, link, now);
            told.iter_mut().for_each(counts);
            expected.iter_mut().for_each(counts);
            assert_eq!(told, expected);
        }
        let nobody = UserId::default();
        let listed = store.links(user, log.conv, now).await;
        let waiting = store.requests(user, log.conv, nobody, 100).await;
        if !log.has(user) {
            assert_eq!(listed, Err(ReadError::NotMember));
            assert_eq!(waiting, Err(ReadError::NotMember));
            continue;
        }
        let leads = log.leads(user);
        let mut seen = links.clone();
        seen.retain(|link| leads || link.by == user);
        for link in &seen {
            let came = store
                .joiners(user, log.conv, link.id, Seq::ZERO, 1000)
                .await;
            assert_eq!(came.unwrap(), log.joiners(link.id));
        }
        let seen = seen.into_iter().map(|link| {
            let works = log.works(&link, now);
            (link, works)
        });
        assert_eq!(listed.unwrap(), seen.collect::<Vec<_>>());
        let expected = if leads { log.waiting() } else { Vec::new() };
        assert_eq!(waiting.unwrap(), expected);
    }
}

/// Compares all that can be seen, of everybody.
async fn compare<E: Engine>(f: &Fixture<E>, model: &Model) {
    for &user in &model.users {
        compare_ways(f, model, user).await;
        let page = f.sync(user, SyncCursor::Since(0), WIDE).await;
        let own: Vec<_> = model.logs.iter().filter(|log| log.has(user)).collect();
        assert_eq!(page.conversations.len(), own.len());
        let mut batch_above = u64::MAX;
        for (conversation, unread, entries) in &page.conversations {
            let log = &model.logs[model.find(conversation.id).unwrap()];
            let changed_in = log.changed_for(user);
            assert!(changed_in <= batch_above, "newest change first");
            batch_above = changed_in;
            assert_eq!(conversation.head, log.head());
            log.compare(conversation, user, &model.blocks);
            assert_eq!(*unread, log.unread(user));
            log.compare(&f.conversation(user, log.conv).await, user, &model.blocks);
            let ranges = [
                ReactionRange::After(log.reacted.len() as u64 / 2),
                ReactionRange::Within(Seq::ZERO, log.head()),
            ];
            for range in ranges {
                let page = f.store().reactions(user, log.conv, range, REACTIONS_PAGE);
                let mut expected = log.reactions_for(user, range);
                expected.more = expected.messages.len() > REACTIONS_PAGE;
                expected.messages.truncate(REACTIONS_PAGE);
                assert_eq!(page.await.unwrap(), expected);
            }
            let readable = log.read_by(user);
            assert_eq!(f.log(user, log.conv).await, readable);
            assert!(readable.ends_with(entries));
            let order = f.store().order(user, log.conv).await.unwrap();
            assert_eq!((&order.banned, &order.muted), (&log.banned, &log.muted));
            let nobody = UserId::default();
            let members = f.store().members(user, log.conv, nobody, 1000).await;
            let members = members.unwrap().into_iter();
            let expected = log.positions.iter();
            let expected = expected.map(|member| (*member, log.roles[&member.user]));
            assert!(members.eq(expected));
        }
        for log in model.logs.iter().filter(|log| !log.has(user)) {
            let range = HistoryRange::Latest;
            let read = f.store().history(user, log.conv, range, 10).await;
            assert_eq!(read, Err(ReadError::NotMember), "{user} in {}", log.conv);
            let seen = f.store().conversation(user, log.conv).await;
            assert_eq!(seen, Err(ReadError::NotMember));
        }
        let has_blocked = |other| model.blocks.contains_key(&(user, other));
        let mentioned = own
            .iter()
            .map(|log| (log.conv, log.mentions(user, true, has_blocked).len() as u64));
        let mut mentioned: Vec<_> = mentioned.filter(|(_, count)| *count > 0).collect();
        let mut told = page.mentions.clone();
        mentioned.sort();
        told.sort();
        assert_eq!(told, mentioned, "of {user}");
        let mut mentions: Vec<_> = own
            .iter()
            .flat_map(|log| log.mentions(user, false, has_blocked))
            .collect();
        mentions.sort();
        mentions.reverse();
        mentions.truncate(MENTIONS_PAGE);
        let listed = f.store().mentions(user, None, MENTIONS_PAGE).await.unwrap();
        let listed = listed
            .entries
            .iter()
            .map(|entry| (entry.at, entry.conv, entry.seq));
        assert!(listed.eq(mentions), "of {user}");
        let total: u64 = own.iter().map(|log| log.counted(user)).sum();
        assert_eq!(page.total_unread, total);
        assert_eq!(f.store().total_unread(user).await.unwrap(), total);
        let mut quiet: Vec<_> = page
            .quiet
            .iter()
            .map(|part| (part.until, part.unread))
            .collect();
        let mut expected: Vec<_> = own.iter().filter_map(|log| log.quiet(user)).collect();
        quiet.sort();
        expected.sort();
        assert_eq!(quiet, expected);
        let pairs = own.iter().filter(|log| log.settings.is_none());
        let direct: u64 = pairs.map(|log| log.unread(user)).sum();
        assert_eq!(f.store().direct_unread(user).await.unwrap(), direct);
    }
}

/// A client that knows only what its syncs told.
struct Client {
    user: UserId,
    cursor: SyncCursor,
    known: HashMap<ConversationId, (Conversation, u64)>,
}

impl Client {
    fn new(user: UserId) -> Self {
        Self {
            user,
            cursor: SyncCursor::Since(0),
            known: HashMap::new(),
        }
    }

    async fn page<E: Engine>(&mut self, f: &Fixture<E>) {
        let limits = SyncLimits {
            conversations: 1,
            ..WIDE
        };
        let page = f.sync(self.user, self.cursor, limits).await;
        self.cursor = page.next;
        for (conversation, unread, _) in page.conversations {
            match conversation.role {
                Some(_) => self.known.insert(conversation.id, (conversation, unread)),
                None => self.known.remove(&conversation.id),
            };
        }
    }

    /// To the end of this walk, and through one more for what changed during it.
    async fn catch_up<E: Engine>(&mut self, f: &Fixture<E>) {
        for _ in 0..2 {
            self.page(f).await;
            while matches!(self.cursor, SyncCursor::Within { .. }) {
                self.page(f).await;
            }
        }
    }

    fn compare(&self, model: &Model) {
        let own: Vec<_> = model.logs.iter().filter(|log| log.has(self.user)).collect();
        assert_eq!(self.known.len(), own.len());
        for log in own {
            let (conversation, unread) = &self.known[&log.conv];
            assert_eq!(conversation.head, log.head());
            // What is told of who had blocked this one may be of then: a sync tells it anew when something changes.
            let mut conversation = conversation.clone();
            let told = conversation.members.iter().zip(&log.positions);
            let members = told.map(|(told, now)| match log.settings {
                None if model.ever_blocked.contains(&(now.user, self.user)) => *now,
                _ => *told,
            });
            conversation.members = members.collect();
            log.compare(&conversation, self.user, &BTreeMap::new());
            assert_eq!(*unread, log.unread(self.user));
        }
    }
}
