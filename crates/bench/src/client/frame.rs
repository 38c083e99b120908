//! WebSocket frames (RFC 6455), as far as a client of a well-behaved server needs them.

use std::io;

/// The longest frame taken from a server.
const LONGEST: u64 = hongyan_protocol::limits::SERVER_FRAME_BYTES as u64;

/// What a frame is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Close,
    /// A ping or pong: passed over. Servers under test do not insist on an answer.
    Control,
}

/// A frame that begins at the start of what was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) kind: Kind,
    /// Where its payload begins.
    pub(super) start: usize,
    /// Where it ends.
    pub(super) end: usize,
}

/// Finds the first frame; nothing where it has not all come yet.
pub(super) fn find(bytes: &[u8]) -> io::Result<Option<Found>> {
    let &[first, second, ..] = bytes else {
        return Ok(None);
    };
    if second & 0x80 != 0 {
        return Err(broken("a masked frame from a server"));
    }
    let (length, start) = match second {
        126 => match bytes.get(2..4) {
            Some(&[a, b]) => (u64::from(u16::from_be_bytes([a, b])), 4),
            _ => return Ok(None),
        },
        127 => match bytes.get(2..10).and_then(|field| field.try_into().ok()) {
            Some(field) => (u64::from_be_bytes(field), 10),
            None => return Ok(None),
        },
        short => (u64::from(short), 2),
    };
    if length > LONGEST {
        return Err(broken("a frame over the limit"));
    }
    let end = start + usize::try_from(length).unwrap_or(usize::MAX);
    if bytes.len() < end {
        return Ok(None);
    }
    let kind = match first {
        0x81 => Kind::Text,
        0x88 => Kind::Close,
        0x89 | 0x8a => Kind::Control,
        _ => return Err(broken("a fragment, or a frame that is not text")),
    };
    Ok(Some(Found { kind, start, end }))
}

/// Appends a text frame whose payload `write` appends.
///
/// The mask is zero: legal, and the server has to undo it all the same.
pub(super) fn text(out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
    // Room for the usual two-byte length and the mask; the payload is moved where it is another.
    const USUAL_HEADER: usize = 8;
    let begin = out.len();
    out.extend_from_slice(&[0; USUAL_HEADER]);
    write(out);
    let length = out.len() - begin - USUAL_HEADER;
    let mut header = vec![0x81];
    match (u8::try_from(length), u16::try_from(length)) {
        (Ok(short @ 0..=125), _) => header.push(0x80 | short),
        (_, Ok(middle)) => {
            header.push(0x80 | 126);
            header.extend_from_slice(&middle.to_be_bytes());
        }
        _ => {
            header.push(0x80 | 127);
            header.extend_from_slice(&(length as u64).to_be_bytes());
        }
    }
    header.extend_from_slice(&[0; 4]);
    out.splice(begin..begin + USUAL_HEADER, header);
}

fn broken(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a server would send: the same without a mask.
    fn from_server(payload: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        text(&mut bytes, |out| out.extend_from_slice(payload));
        let mask_at = bytes.len() - payload.len() - 4;
        bytes.drain(mask_at..mask_at + 4);
        bytes[1] &= 0x7f;
        bytes
    }

    #[test]
    fn every_length_is_found_and_no_part_of_it() {
        for length in [0, 1, 125, 126, 127, 65_535, 65_536, 70_000] {
            let payload = vec![b'x'; length];
            let bytes = from_server(&payload);
            let found = find(&bytes).unwrap().unwrap();
            assert_eq!(found.kind, Kind::Text);
            assert_eq!(&bytes[found.start..found.end], payload, "{length}");
            for cut in [0, 1, 2, 3, 5, 9, bytes.len() - 1] {
                let cut = cut.min(bytes.len() - 1);
                assert_eq!(find(&bytes[..cut]).unwrap(), None, "{length} cut at {cut}");
            }
        }
    }

    #[test]
    fn what_is_no_frame_of_a_server_is_an_error() {
        assert!(find(&[0x81, 0x80]).is_err(), "masked");
        assert!(find(&[0x82, 0x00]).is_err(), "binary");
        assert!(find(&[0x01, 0x00]).is_err(), "a fragment");
        assert!(
            find(&[0x81, 127, 255, 0, 0, 0, 0, 0, 0, 0]).is_err(),
            "too long"
        );
    }
}
