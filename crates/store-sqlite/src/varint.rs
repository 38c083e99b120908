//! Numbers in LEB128: seven bits a byte, the lowest first, and the eighth says that more follow.

use hongyan_protocol::{ConversationId, Seq};
use rusqlite::types::Type;
use rusqlite::{Error, Result};

/// Why a number does not read back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unreadable {
    #[error("it is cut short")]
    Cut,
    #[error("a number is too large")]
    TooLarge,
}

pub(crate) fn write(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

/// Reads the number at the beginning, and goes behind it.
pub(crate) fn read(bytes: &mut &[u8]) -> std::result::Result<u64, Unreadable> {
    let mut number = 0;
    for shift in (0..u64::BITS).step_by(7) {
        let (&byte, rest) = bytes.split_first().ok_or(Unreadable::Cut)?;
        *bytes = rest;
        let bits = u64::from(byte & 0x7F);
        number |= bits << shift;
        if number >> shift != bits {
            return Err(Unreadable::TooLarge);
        }
        if byte & 0x80 == 0 {
            return Ok(number);
        }
    }
    Err(Unreadable::TooLarge)
}

/// Places in logs, as a row of the feed keeps them.
pub(crate) fn write_places(places: impl Iterator<Item = (ConversationId, Seq)>) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (conv, seq) in places {
        write(&mut bytes, conv.get());
        write(&mut bytes, seq.get());
    }
    bytes
}

/// Reads them back, from this column.
pub(crate) fn read_places(mut bytes: &[u8], column: usize) -> Result<Vec<(ConversationId, Seq)>> {
    let wrong = |error: Box<dyn std::error::Error + Send + Sync>| {
        Error::FromSqlConversionFailure(column, Type::Blob, error)
    };
    let mut places = Vec::new();
    while !bytes.is_empty() {
        let mut number = || read(&mut bytes).map_err(|error| wrong(error.into()));
        let (conv, seq) = (number()?, number()?);
        let conv = ConversationId::new(conv).map_err(|error| wrong(error.into()))?;
        let seq = Seq::new(seq).map_err(|error| wrong(error.into()))?;
        places.push((conv, seq));
    }
    Ok(places)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_reads_back_and_none_is_too_large() {
        let mut numbers = vec![0, u64::MAX];
        numbers.extend((0..u64::BITS).flat_map(|bit| [1 << bit, (1 << bit) - 1]));
        for number in numbers {
            let mut bytes = Vec::new();
            write(&mut bytes, number);
            let mut rest = &bytes[..];
            assert_eq!(read(&mut rest), Ok(number));
            assert!(rest.is_empty());
        }
        let one_bit_more = [[0x80; 9].as_slice(), &[0x02]].concat();
        let one_byte_more = [[0x80; 10].as_slice(), &[0x00]].concat();
        for bytes in [one_bit_more, one_byte_more] {
            assert_eq!(read(&mut &bytes[..]), Err(Unreadable::TooLarge));
        }
        assert_eq!(read(&mut &[0x80][..]), Err(Unreadable::Cut));
    }

    #[test]
    fn places_read_back() {
        let place = |conv, seq| (ConversationId::new(conv).unwrap(), Seq::new(seq).unwrap());
        let places = [place(1, 1), place(300, 70_000), place((1 << 53) - 1, 2)];
        let bytes = write_places(places.into_iter());
        assert_eq!(read_places(&bytes, 0).unwrap(), places);
        assert!(read_places(&bytes[..bytes.len() - 1], 0).is_err());
        assert!(read_places(&[], 0).unwrap().is_empty());
    }
}
