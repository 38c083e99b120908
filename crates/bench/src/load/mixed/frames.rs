//! The frames of a pair, written without anything in between.

use std::io::Write as _;

use super::page::ENTRIES;
use crate::text;

/// Names of what a writer sends: ascending, as a client's are to be, and each told from its number in the log.
#[derive(Debug, Clone, Copy)]
pub(super) struct Names {
    pub(super) run: u64,
    pub(super) pair: u64,
}

impl Names {
    /// The entry with this number in the pair's log.
    fn entry(self, out: &mut Vec<u8>, number: u64) {
        // Writing into memory does not fail.
        let _ = write!(out, "{}-{}-{number:010}", self.run, self.pair);
    }

    /// A message to somebody else, after the entry with this number.
    fn first(self, out: &mut Vec<u8>, number: u64, first: u64) {
        self.entry(out, number);
        let _ = write!(out, "-{first:010}");
    }

    /// The number of the pair's entry with this name.
    pub(super) fn number(self, name: &str) -> Option<u64> {
        let rest = name.strip_prefix(&format!("{}-{}-", self.run, self.pair))?;
        rest.parse().ok()
    }
}

/// To whom a message goes.
#[derive(Debug, Clone, Copy)]
pub(super) enum To {
    Conversation(u64),
    User(u64),
}

/// A message of the pair.
pub(super) fn message(
    out: &mut Vec<u8>,
    req: u64,
    to: To,
    names: Names,
    number: u64,
    text_bytes: usize,
) {
    begin(out, "send", req, to);
    names.entry(out, number);
    body(out, names.pair, number, text_bytes);
}

/// A writer's first message to somebody, sent after the entry with this number.
pub(super) fn first_message(
    out: &mut Vec<u8>,
    req: u64,
    to: u64,
    names: Names,
    (number, first): (u64, u64),
    text_bytes: usize,
) {
    begin(out, "send", req, To::User(to));
    names.first(out, number, first);
    body(out, names.pair, first, text_bytes);
}

/// Gives the message at `seq` the text of the entry with this number.
pub(super) fn edit(
    out: &mut Vec<u8>,
    req: u64,
    (conv, seq): (u64, u64),
    names: Names,
    number: u64,
    text_bytes: usize,
) {
    begin_change(out, "edit", req, conv, seq);
    names.entry(out, number);
    body(out, names.pair, number, text_bytes);
}

/// Recalls the message at `seq`.
pub(super) fn recall(
    out: &mut Vec<u8>,
    req: u64,
    (conv, seq): (u64, u64),
    names: Names,
    number: u64,
) {
    begin_change(out, "recall", req, conv, seq);
    names.entry(out, number);
    out.extend_from_slice(br#""}"#);
}

/// The reader has read up to `seq`.
pub(super) fn read(out: &mut Vec<u8>, req: u64, conv: u64, seq: u64) {
    let _ = write!(
        out,
        r#"{{"type":"read","req":{req},"conv":{conv},"seq":{seq}}}"#
    );
}

/// The reader asks for the newest page.
pub(super) fn history(out: &mut Vec<u8>, req: u64, conv: u64) {
    let _ = write!(
        out,
        r#"{{"type":"history","req":{req},"conv":{conv},"limit":{ENTRIES}}}"#
    );
}

fn begin(out: &mut Vec<u8>, kind: &str, req: u64, to: To) {
    let _ = match to {
        To::Conversation(conv) => {
            write!(
                out,
                r#"{{"type":"{kind}","req":{req},"conv":{conv},"client_id":""#
            )
        }
        To::User(user) => {
            write!(
                out,
                r#"{{"type":"{kind}","req":{req},"to":{user},"client_id":""#
            )
        }
    };
}

fn begin_change(out: &mut Vec<u8>, kind: &str, req: u64, conv: u64, seq: u64) {
    let _ = write!(
        out,
        r#"{{"type":"{kind}","req":{req},"conv":{conv},"seq":{seq},"client_id":""#
    );
}

/// The end of a client id, and the rest of the frame.
fn body(out: &mut Vec<u8>, pair: u64, number: u64, text_bytes: usize) {
    out.extend_from_slice(br#"","body":{"type":"text","text":""#);
    text::write(out, pair, number, text_bytes);
    out.extend_from_slice(br#""}}"#);
}

#[cfg(test)]
mod tests {
    use hongyan_protocol::ClientFrame;

    use super::*;

    const NAMES: Names = Names { run: 8, pair: 3 };

    fn decoded(write: impl FnOnce(&mut Vec<u8>)) -> ClientFrame {
        let mut out = Vec::new();
        write(&mut out);
        let text = String::from_utf8(out).unwrap();
        let (req, frame) = ClientFrame::decode(&text).unwrap();
        assert_eq!(req, Some(1));
        frame
    }

    #[test]
    fn every_frame_is_one_of_the_protocol() {
        let ClientFrame::Send(send) =
            decoded(|out| message(out, 1, To::Conversation(5), NAMES, 12, 40))
        else {
            panic!("not a send");
        };
        assert_eq!(NAMES.number(send.client_id.as_str()), Some(12));
        let ClientFrame::Send(first) =
            decoded(|out| first_message(out, 1, 1007, NAMES, (12, 4), 40))
        else {
            panic!("not a send");
        };
        assert!(first.client_id.as_str() > send.client_id.as_str());
        assert_eq!(NAMES.number(first.client_id.as_str()), None);
        let ClientFrame::Edit(edit) = decoded(|out| edit(out, 1, (5, 6), NAMES, 13, 40)) else {
            panic!("not an edit");
        };
        assert!(edit.client_id.as_str() > first.client_id.as_str());
        assert_eq!(edit.seq.get(), 6);
        let ClientFrame::Recall(recall) = decoded(|out| recall(out, 1, (5, 6), NAMES, 14)) else {
            panic!("not a recall");
        };
        assert_eq!(NAMES.number(recall.client_id.as_str()), Some(14));
        assert!(matches!(
            decoded(|out| read(out, 1, 5, 6)),
            ClientFrame::Read(_)
        ));
        let ClientFrame::History(page) = decoded(|out| history(out, 1, 5)) else {
            panic!("not a history");
        };
        assert_eq!(page.limit, Some(50));
    }
}
