//! The bytes of what was done about the ways into a group.

use std::sync::Arc;

use hongyan_protocol::{ConversationId, Millis, UserId};
use hongyan_store::{Admission, Link, LinkToken, NewLink, Request, WaysChange};

use super::{CUT, Payload, Read, Reader, Record};

/// What it is. A code has its meaning for ever.
mod code {
    pub(super) const MADE: u8 = 1;
    pub(super) const REVOKED: u8 = 2;
    pub(super) const ASKS: u8 = 3;
    pub(super) const DECLINED: u8 = 4;
    pub(super) const ASKS_NO_MORE: u8 = 5;
}

pub(super) fn write(payload: &mut Payload, conv: ConversationId, change: &WaysChange) {
    payload.0.push(match change {
        WaysChange::Made(_) => code::MADE,
        WaysChange::Revoked(_) => code::REVOKED,
        WaysChange::Request(_, None) => code::ASKS_NO_MORE,
        WaysChange::Request(_, Some(request)) if request.is_declined => code::DECLINED,
        WaysChange::Request(_, Some(_)) => code::ASKS,
    });
    payload.number(conv.get());
    match change {
        WaysChange::Made(link) => made(payload, link),
        WaysChange::Revoked(id) => payload.number(*id),
        WaysChange::Request(user, request) => {
            payload.number(user.get());
            if let Some(request) = request {
                payload.number(request.at.get());
                payload.number(request.link.unwrap_or(0));
            }
        }
    }
}

fn made(payload: &mut Payload, link: &Link) {
    payload.number(link.id);
    payload.number(link.by.get());
    payload.number(link.made_at.get());
    payload.number(link.uses);
    payload.text(link.new.client_id.as_str());
    payload.0.extend_from_slice(&link.new.token.0);
    payload.text(&link.new.name);
    // One more than it is, where 0 stands for none.
    let expires_at = link.new.expires_at;
    payload.number(expires_at.map_or(0, |at| at.get() + 1));
    payload.number(match link.new.admits {
        Admission::All => 0,
        Admission::Approved => 1,
        Admission::First(uses) => uses.saturating_add(1),
    });
}

pub(super) fn read(from: &mut Reader<'_>) -> Read<Record> {
    let code = from.byte()?;
    let conv = from.id(ConversationId::new)?;
    let change = match code {
        code::MADE => WaysChange::Made(Arc::new(link(from)?)),
        code::REVOKED => WaysChange::Revoked(from.number()?),
        code::ASKS_NO_MORE => WaysChange::Request(from.id(UserId::new)?, None),
        code::ASKS | code::DECLINED => {
            let user = from.id(UserId::new)?;
            let request = Request {
                at: from.id(Millis::new)?,
                link: Some(from.number()?).filter(|link| *link > 0),
                is_declined: code == code::DECLINED,
            };
            WaysChange::Request(user, Some(request))
        }
        _ => return Err("a journaled change of the ways into a group of an unknown kind"),
    };
    Ok(Record::Ways { conv, change })
}

fn link(from: &mut Reader<'_>) -> Read<Link> {
    Ok(Link {
        id: from.number()?,
        by: from.id(UserId::new)?,
        made_at: from.id(Millis::new)?,
        uses: from.number()?,
        new: NewLink {
            client_id: from.client_id()?,
            token: LinkToken(token(from)?),
            name: from.text()?.into(),
            expires_at: from.one_less(Millis::new)?,
            admits: match from.number()? {
                0 => Admission::All,
                1 => Admission::Approved,
                more => Admission::First(more - 1),
            },
        },
    })
}

fn token(from: &mut Reader<'_>) -> Read<[u8; 16]> {
    let (token, rest) = from.0.split_first_chunk::<16>().ok_or(CUT)?;
    from.0 = rest;
    Ok(*token)
}
