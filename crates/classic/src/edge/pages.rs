//! Which sockets belong to one page.
//!
//! upgrade → **pages** → connection
//!
//! The course's page opens a socket for each close and each error of another, so a failed connect
//! leaves two attempts behind. It speaks on the newest alone, and never closes the others. What looks
//! like many clients is one page, and must not be pushed one message many times.
//!
//! Owns: user → sockets, bound or not; what the user was told lately.
//! Promises: of one page the socket that bound last is pushed to, and no other; a socket that goes on
//! speaking is a page of its own, and misses nothing; sockets that nobody speaks on count
//! among nobody's connections, and are bounded apart.
//! Not here: what is pushed and when (`delivery`).

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

use hongyan_delivery::Tick;
use hongyan_gateway::adapter::{Ending, Outbox, Part};
use hongyan_protocol::{CloseCode, ConversationId, Seq, SessionId, UserId};
use hongyan_service::{Caller, ServiceError};
use http::HeaderMap;
use http::header::{ORIGIN, USER_AGENT};
use parking_lot::Mutex;
use tokio::time::Instant;
use tungstenite::Utf8Bytes;

use super::Classic;
use super::limits::{
    ONE_PAGE_WITHIN, OWN_PAGE_AFTER, QUIET_A_SESSION, QUIET_A_USER, QUIET_CLOSED_EVERY,
    ROOM_WITHIN, TOLD, TOLD_FOR,
};
use crate::delivery::{Action, Outgoing};

/// The sockets of all pages: see the [module](self).
#[derive(Default)]
pub(super) struct Pages {
    users: Mutex<HashMap<UserId, Sockets>>,
    told: Mutex<HashMap<(UserId, ConversationId), Told>>,
}

/// One user's.
#[derive(Default)]
struct Sockets {
    open: Vec<Arc<Place>>,
    /// When one of them ended last.
    broke: Option<Instant>,
    /// When one was closed last to make room.
    made_room: Option<Instant>,
    /// When the last of those whose session is over is to be closed.
    left: Option<Instant>,
}

/// How far a user's device was told of a conversation, and when. The store learns it a moment later.
struct Told {
    to: Seq,
    at: Instant,
}

/// One socket among those of its page.
pub(super) struct Place {
    user: UserId,
    session: SessionId,
    /// The site and the program that opened it.
    source: u64,
    opened: Instant,
    outbox: Arc<Outbox>,
    delivery: Mutex<Delivery>,
}

/// What a socket is pushed.
pub(super) struct Delivery {
    pub(super) outgoing: Outgoing<Utf8Bytes>,
    /// Whether the client has bound: before that, it is pushed nothing.
    pub(super) bound: bool,
    /// The name that the page gave itself.
    page: Option<Box<str>>,
    stood_back: Option<StoodBack>,
}

/// Another socket of the same page has bound.
struct StoodBack {
    /// The first word since.
    spoke: Option<Instant>,
}

/// A place that is given back when dropped.
pub(super) struct PlaceHeld {
    classic: Arc<Classic>,
    place: Arc<Place>,
}

impl std::ops::Deref for PlaceHeld {
    type Target = Arc<Place>;

    fn deref(&self) -> &Arc<Place> {
        &self.place
    }
}

impl Drop for PlaceHeld {
    fn drop(&mut self) {
        self.classic.pages.leave(&self.place);
    }
}

impl Pages {
    /// A place for one more socket of the caller's. Where there are too many that nobody speaks on, it takes
    /// the place of the one that was silent longest, and waits until it is its turn.
    ///
    /// # Errors
    /// `overloaded`, when its turn does not come soon.
    pub(super) async fn enter(
        classic: &Arc<Classic>,
        caller: &Caller,
        outbox: &Arc<Outbox>,
        headers: &HeaderMap,
    ) -> Result<PlaceHeld, ServiceError> {
        let pages = &classic.pages;
        let place = Arc::new(Place {
            user: caller.user(),
            session: caller.session(),
            source: source(headers),
            opened: Instant::now(),
            outbox: Arc::clone(outbox),
            delivery: Mutex::new(Delivery {
                outgoing: Outgoing::new(Arc::clone(classic.gateway.delivery())),
                bound: false,
                page: None,
                stood_back: None,
            }),
        });
        let deadline = Instant::now() + ROOM_WITHIN;
        while let Err(turn) = pages.try_enter(&place) {
            if turn > deadline {
                return Err(ServiceError::Overloaded);
            }
            tokio::time::sleep_until(turn).await;
        }
        Ok(PlaceHeld {
            classic: Arc::clone(classic),
            place,
        })
    }

    /// Enters a place, or says when to try again.
    fn try_enter(&self, place: &Arc<Place>) -> Result<(), Instant> {
        let now = Instant::now();
        let mut users = self.users.lock();
        let sockets = users.entry(place.user).or_default();
        let quiet = sockets.open.iter().filter(|one| one.is_quiet());
        let (mut of_user, mut of_session) = (0, 0);
        for one in quiet.clone() {
            of_user += 1;
            of_session += usize::from(one.session == place.session);
        }
        let session_is_full = of_session >= QUIET_A_SESSION;
        if session_is_full || of_user >= QUIET_A_USER {
            if let Some(turn) = sockets.made_room.map(|at| at + QUIET_CLOSED_EVERY)
                && turn > now
            {
                return Err(turn);
            }
            let candidates = quiet.filter(|one| !session_is_full || one.session == place.session);
            if let Some(silent) = candidates.min_by_key(|one| one.outbox.heard()) {
                silent.outbox.end(Ending::Now(CloseCode::ConnectionLimit));
                sockets.made_room = Some(now);
            }
        }
        sockets.open.push(Arc::clone(place));
        Ok(())
    }

    fn leave(&self, place: &Arc<Place>) {
        let mut users = self.users.lock();
        if let Some(sockets) = users.get_mut(&place.user) {
            sockets.open.retain(|one| !Arc::ptr_eq(one, place));
            sockets.broke = Some(Instant::now());
            if sockets.open.is_empty() {
                users.remove(&place.user);
            }
        }
    }

    /// This socket has bound: the earlier ones of its page stand back. Whether one of them was pushed
    /// something that it did not ack.
    pub(super) fn take_over(&self, place: &Arc<Place>, page: Option<Box<str>>) -> bool {
        let users = self.users.lock();
        let Some(sockets) = users.get(&place.user) else {
            return false;
        };
        let broke_lately = sockets
            .broke
            .is_some_and(|at| at + ONE_PAGE_WITHIN > place.opened);
        let mut unacked = false;
        for earlier in sockets.open.iter().filter(|one| place.may_be_of(one)) {
            // A page that is left alone has no reason to open another: a person opened a second one.
            let opened_lately = earlier.opened + ONE_PAGE_WITHIN > place.opened;
            let mut delivery = earlier.delivery.lock();
            if delivery.bound && delivery.page == page && (broke_lately || opened_lately) {
                unacked |= delivery.outgoing.unacked() > 0;
                if delivery.stood_back.is_none() {
                    delivery.stood_back = Some(StoodBack { spoke: None });
                    delivery.outgoing.stand_back();
                    earlier.outbox.set_part(Part::StoodBack);
                }
            }
        }
        drop(users);
        place.delivery.lock().page = page;
        unacked
    }

    /// Acks, for a page that speaks on this socket, what was pushed on an earlier one; and what follows.
    pub(super) fn ack_of_page(&self, place: &Arc<Place>, tid: u64) -> Vec<Action<Utf8Bytes>> {
        let mut actions = Vec::new();
        self.of_page(place, |delivery| delivery.outgoing.ack(tid, &mut actions));
        actions
    }

    /// Whether an earlier socket of this one's page was pushed something that is not acked yet.
    pub(super) fn page_owes_acks(&self, place: &Arc<Place>) -> bool {
        self.of_page(place, |delivery| delivery.outgoing.unacked() > 0)
    }

    /// Asks the sockets that stand back for this one, the latest first, until one says yes.
    fn of_page(&self, place: &Arc<Place>, mut asked: impl FnMut(&mut Delivery) -> bool) -> bool {
        let page = place.delivery.lock().page.clone();
        let users = self.users.lock();
        let Some(sockets) = users.get(&place.user) else {
            return false;
        };
        let others = sockets.open.iter().rev();
        others.filter(|one| place.may_be_of(one)).any(|one| {
            let mut delivery = one.delivery.lock();
            delivery.stood_back.is_some() && delivery.page == page && asked(&mut delivery)
        })
    }

    /// How long this socket, of a session that is over, waits for its close: one goes after the other.
    pub(super) fn turn_to_leave(&self, place: &Arc<Place>) -> Duration {
        let now = Instant::now();
        let mut users = self.users.lock();
        let Some(sockets) = users.get_mut(&place.user) else {
            return Duration::ZERO;
        };
        let after_last = sockets.left.map(|at| at + QUIET_CLOSED_EVERY);
        let turn = after_last.map_or(now, |at| at.max(now));
        sockets.left = Some(turn);
        turn - now
    }

    /// A device of the user's was told of a conversation up to here.
    pub(super) fn note_told(&self, user: UserId, conv: ConversationId, to: Seq) {
        let now = Instant::now();
        let mut told = self.told.lock();
        if told.len() >= TOLD && !told.contains_key(&(user, conv)) {
            told.retain(|_, one| one.at + TOLD_FOR > now);
            if told.len() >= TOLD {
                return;
            }
        }
        let one = told.entry((user, conv)).or_insert(Told { to, at: now });
        one.to = to.max(one.to);
        one.at = now;
    }

    /// How far the user was told of this conversation lately.
    pub(super) fn told(&self, user: UserId, conv: ConversationId) -> Seq {
        let told = self.told.lock();
        told.get(&(user, conv)).map_or(Seq::ZERO, |one| one.to)
    }
}

impl Place {
    /// What it is pushed.
    pub(super) fn delivery(&self) -> parking_lot::MutexGuard<'_, Delivery> {
        self.delivery.lock()
    }

    /// Whether nobody speaks on it.
    pub(super) fn is_quiet(&self) -> bool {
        !self.outbox.counts()
    }

    /// Whether both come from one browser and one site.
    fn may_be_of(&self, other: &Self) -> bool {
        !std::ptr::eq(self, other) && self.session == other.session && self.source == other.source
    }
}

impl Delivery {
    /// The client said something. Whether it thereby shows that it is a page of its own, and everything
    /// goes on.
    pub(super) fn spoke(&mut self, now: Tick, actions: &mut Vec<Action<Utf8Bytes>>) -> bool {
        let Some(stood_back) = &mut self.stood_back else {
            return false;
        };
        // What was on its way when the other socket bound comes in one go; a page goes on.
        let first = *stood_back.spoke.get_or_insert_with(Instant::now);
        if first.elapsed() < OWN_PAGE_AFTER {
            return false;
        }
        self.come_forward(now, actions);
        true
    }

    /// Everything goes on from where it stood.
    pub(super) fn come_forward(&mut self, now: Tick, actions: &mut Vec<Action<Utf8Bytes>>) {
        self.stood_back = None;
        self.outgoing.come_forward(now, actions);
    }
}

/// The site and the program of a request, as one number.
fn source(headers: &HeaderMap) -> u64 {
    let mut hasher = DefaultHasher::new();
    for name in [ORIGIN, USER_AGENT] {
        headers
            .get(name)
            .map(|value| value.as_bytes())
            .hash(&mut hasher);
    }
    hasher.finish()
}
