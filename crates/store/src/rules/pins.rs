//! What may be pinned. Who may pin is judged before.

use hongyan_protocol::Seq;

use super::Subject;
use super::groups::only;
use crate::{AppendError, Effects, Event, PINS};

pub(super) fn pinned(
    seq: Seq,
    subject: Option<Subject>,
    pins: usize,
    is_pinned: bool,
) -> Result<Effects, AppendError> {
    let subject = subject.ok_or(AppendError::NoSuchMessage)?;
    if subject.is_recalled {
        return Err(AppendError::Recalled);
    }
    if is_pinned {
        return Err(AppendError::Unchanged);
    }
    if pins >= PINS {
        return Err(AppendError::ListFull);
    }
    Ok(only(Event::Pinned(seq)))
}

pub(super) fn unpinned(
    seq: Seq,
    subject: Option<Subject>,
    is_pinned: bool,
) -> Result<Effects, AppendError> {
    subject.ok_or(AppendError::NoSuchMessage)?;
    match is_pinned {
        true => Ok(only(Event::Unpinned(seq))),
        false => Err(AppendError::Unchanged),
    }
}
