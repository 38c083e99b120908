//! Between the columns of a row and the model.
//!
//! Promises: a number or text that the model cannot hold is an error that names its column,
//! never a panic: the file may have been written by anything.

use hongyan_protocol::{
    ClientId, ConversationId, EntryId, InvalidId, Millis, Seq, SessionId, UserId,
};
use hongyan_store::{
    Body, Content, ConversationKind, Entry, Event, Header, HeaderFields, KeptEvent, Member,
    Retention, Role, Session, Settings, User, Who, Window,
};
use rusqlite::types::Type;
use rusqlite::{Error, Result, Row};

/// What an entry's `kind` column says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Message,
    Edit,
    Recall,
    Event,
}

impl Kind {
    pub(crate) const fn code(self) -> i64 {
        match self {
            Self::Message => 1,
            Self::Edit => 2,
            Self::Recall => 3,
            Self::Event => 4,
        }
    }

    pub(crate) fn from_row(row: &Row<'_>, column: usize) -> Result<Self> {
        match row.get(column)? {
            1 => Ok(Self::Message),
            2 => Ok(Self::Edit),
            3 => Ok(Self::Recall),
            4 => Ok(Self::Event),
            other => Err(Error::IntegralValueOutOfRange(column, other)),
        }
    }
}

/// A type that wraps an integer below 2^53.
pub(crate) trait Id: Sized {
    fn wrap(value: u64) -> std::result::Result<Self, InvalidId>;
    fn unwrap_id(self) -> u64;
}

macro_rules! ids {
    ($($name:ident)*) => {$(
        impl Id for $name {
            fn wrap(value: u64) -> std::result::Result<Self, InvalidId> {
                Self::new(value)
            }

            fn unwrap_id(self) -> u64 {
                self.get()
            }
        }
    )*};
}

ids! { UserId ConversationId Seq EntryId SessionId Millis }

/// For a parameter. Ids are below 2^53, so the sign bit is never in use.
pub(crate) fn sql(id: impl Id) -> i64 {
    id.unwrap_id().cast_signed()
}

/// A count, which SQLite keeps signed.
pub(crate) fn count(row: &Row<'_>, column: usize) -> Result<u64> {
    let value: i64 = row.get(column)?;
    u64::try_from(value).map_err(|_| Error::IntegralValueOutOfRange(column, value))
}

pub(crate) fn id<T: Id>(row: &Row<'_>, column: usize) -> Result<T> {
    checked(row.get(column)?, column)
}

pub(crate) fn optional_id<T: Id>(row: &Row<'_>, column: usize) -> Result<Option<T>> {
    row.get::<_, Option<i64>>(column)?
        .map(|value| checked(value, column))
        .transpose()
}

fn checked<T: Id>(value: i64, column: usize) -> Result<T> {
    u64::try_from(value)
        .ok()
        .and_then(|value| T::wrap(value).ok())
        .ok_or(Error::IntegralValueOutOfRange(column, value))
}

pub(crate) fn client_id(row: &Row<'_>, column: usize) -> Result<ClientId> {
    ClientId::new(row.get::<_, String>(column)?)
        .map_err(|error| Error::FromSqlConversionFailure(column, Type::Text, Box::new(error)))
}

/// The columns that [`user`] reads.
pub(crate) const USER_COLUMNS: &str = "id, login, name, avatar, created_at";

pub(crate) fn user(row: &Row<'_>) -> Result<User> {
    user_from(row, 0)
}

/// Reads [`USER_COLUMNS`] that begin at this column.
pub(crate) fn user_from(row: &Row<'_>, first: usize) -> Result<User> {
    Ok(User {
        id: id(row, first)?,
        login: row.get(first + 1)?,
        name: row.get(first + 2)?,
        avatar: row.get(first + 3)?,
        created_at: id(row, first + 4)?,
    })
}

/// The columns that [`session`] reads.
pub(crate) const SESSION_COLUMNS: &str =
    "id, user_id, device, client, created_at, seen_at, expires_at";

pub(crate) fn session(row: &Row<'_>) -> Result<Session> {
    Ok(Session {
        id: id(row, 0)?,
        user: id(row, 1)?,
        device: row.get(2)?,
        client: row.get(3)?,
        created_at: id(row, 4)?,
        seen_at: id(row, 5)?,
        expires_at: id(row, 6)?,
    })
}

pub(crate) const DIRECT: i64 = 1;
pub(crate) const GROUP: i64 = 2;

pub(crate) fn conversation_kind(row: &Row<'_>, column: usize) -> Result<ConversationKind> {
    match row.get(column)? {
        DIRECT => Ok(ConversationKind::Direct),
        GROUP => Ok(ConversationKind::Group),
        other => Err(Error::IntegralValueOutOfRange(column, other)),
    }
}

/// Reads `user_id, read_seq, delivered_seq`.
pub(crate) fn member(row: &Row<'_>) -> Result<Member> {
    Ok(Member {
        user: id(row, 0)?,
        read: id(row, 1)?,
        delivered: id(row, 2)?,
    })
}

/// The columns that [`entry`] reads.
pub(crate) const ENTRY_COLUMNS: &str = "conv_id, seq, id, sender_id, at, client_id, kind, target, \
     reply_to, edited_by, recalled_by, mentions, body, body_type, topic, expires_at, origin, \
     mentions_all";

/// How many [`ENTRY_COLUMNS`] there are: where others begin that stand behind them.
pub(crate) const ENTRY_COLUMN_COUNT: usize = 18;

pub(crate) fn entry(row: &Row<'_>) -> Result<Entry> {
    Ok(Entry {
        conv: id(row, 0)?,
        seq: id(row, 1)?,
        id: id(row, 2)?,
        from: id(row, 3)?,
        at: id(row, 4)?,
        client_id: client_id(row, 5)?,
        content: content(row)?,
    })
}

fn content(row: &Row<'_>) -> Result<Content> {
    let body = || -> Result<Option<Body>> {
        let Some(text) = row.get_ref(12)?.as_str_or_null()? else {
            return Ok(None);
        };
        let code: i64 = row.get(13)?;
        let body = u8::try_from(code).ok();
        let body = body.and_then(|code| Body::of_kept(code, text));
        body.map(Some)
            .ok_or(Error::IntegralValueOutOfRange(13, code))
    };
    Ok(match Kind::from_row(row, 6)? {
        Kind::Message => Content::Message {
            body: body()?,
            reply_to: optional_id(row, 8)?,
            mentions: users(row, 11)?,
            header: header(row)?,
            edited_by: optional_id(row, 9)?,
            recalled_by: optional_id(row, 10)?,
        },
        Kind::Edit => Content::Edit {
            target: id(row, 7)?,
            body: body()?,
            recalled_by: optional_id(row, 10)?,
        },
        Kind::Recall => Content::Recall {
            target: id(row, 7)?,
        },
        Kind::Event => Content::Event(event(row)?),
    })
}

fn event(row: &Row<'_>) -> Result<Event> {
    let code: i64 = row.get(13)?;
    let users = users(row, 11)?;
    let kept = KeptEvent {
        code: u8::try_from(code).map_err(|_| Error::IntegralValueOutOfRange(13, code))?,
        text: row.get_ref(12)?.as_str()?,
        users: &users,
        number: row.get::<_, Option<i64>>(7)?.map_or(0, i64::cast_unsigned),
    };
    Event::of_kept(kept).ok_or(Error::IntegralValueOutOfRange(13, code))
}

/// A role.
pub(crate) fn role(row: &Row<'_>, column: usize) -> Result<Role> {
    let code: i64 = row.get(column)?;
    let role = u8::try_from(code).ok().and_then(Role::of_code);
    role.ok_or(Error::IntegralValueOutOfRange(column, code))
}

/// Reads `name, description, avatar, post, invite, history, slow_s, pin, keep_days, keep_entries, ask`.
pub(crate) fn settings(row: &Row<'_>) -> Result<Settings> {
    let who = |column| {
        let code: i64 = row.get(column)?;
        let who = u8::try_from(code).ok().and_then(Who::of_code);
        who.ok_or(Error::IntegralValueOutOfRange(column, code))
    };
    let history: i64 = row.get(5)?;
    let window = u16::try_from(history).ok().and_then(Window::of_code);
    Ok(Settings {
        name: row.get(0)?,
        description: row.get(1)?,
        avatar: row.get(2)?,
        post: who(3)?,
        invite: who(4)?,
        history: window.ok_or(Error::IntegralValueOutOfRange(5, history))?,
        slow_s: row.get(6)?,
        pin: who(7)?,
        keep: Retention {
            days: row.get(8)?,
            entries: count(row, 9)?,
        },
        ask: row.get(10)?,
    })
}

fn header(row: &Row<'_>) -> Result<Header> {
    let fields = HeaderFields {
        topic: row.get(14)?,
        expires_at: optional_id(row, 15)?,
        origin: row.get(16)?,
        mentions_all: row.get::<_, Option<bool>>(17)?.unwrap_or_default(),
    };
    Ok(fields.into())
}

/// Users who are mentioned or named are kept as 8 bytes each, little-endian; none is NULL.
pub(crate) fn users_blob(users: &[UserId]) -> Option<Vec<u8>> {
    if users.is_empty() {
        return None;
    }
    let bytes = users.iter().flat_map(|user| user.get().to_le_bytes());
    Some(bytes.collect())
}

/// Reads what [`users_blob`] wrote.
pub(crate) fn users(row: &Row<'_>, column: usize) -> Result<Vec<UserId>> {
    let Some(blob) = row.get_ref(column)?.as_blob_or_null()? else {
        return Ok(Vec::new());
    };
    let (users, rest) = blob.as_chunks::<8>();
    if !rest.is_empty() {
        return Err(Error::InvalidColumnType(column, "users".into(), Type::Blob));
    }
    users
        .iter()
        .map(|bytes| {
            UserId::new(u64::from_le_bytes(*bytes)).map_err(|error| {
                Error::FromSqlConversionFailure(column, Type::Blob, Box::new(error))
            })
        })
        .collect()
}

/// For a `LIMIT`.
pub(crate) fn limit(rows: usize) -> i64 {
    i64::try_from(rows).unwrap_or(i64::MAX)
}
