//! What is found in the files: the batches that are still to be carried out, where they end, and whether they end where a
//! crash would have ended them.

use rusqlite::Result;

use super::{Damage, FORMAT, HEAD, Record, Salt, checksum, record};

/// The first bytes of a batch of the version before, whose files have no head. They are read once, and begun anew.
const OLD_FORMAT: [u8; 4] = *b"HyJ\x03";

/// What is to be carried out.
#[derive(Default)]
pub(crate) struct Found {
    /// In order. With a damage, all that can be read, before and behind it.
    pub(crate) records: Vec<Record>,
    /// How many of them are before the damage.
    pub(crate) sound: usize,
    /// The number of the last batch before the damage, or of all.
    pub(crate) last: u64,
    /// The number of the last batch of all.
    pub(crate) highest: u64,
    /// Bytes of a batch that was cut short.
    pub(crate) cut_short: usize,
    pub(crate) damage: Option<Damage>,
}

/// A batch, read back.
#[derive(Clone, Copy)]
struct Batch<'a> {
    number: u64,
    /// The check of the batch before; `None` in the version that did not note it.
    before: Option<u32>,
    check: u32,
    records: &'a [u8],
    bytes: usize,
}

/// The batches in a file.
#[derive(Default)]
struct File<'a> {
    batches: Vec<Batch<'a>>,
    /// What begins like a batch where they end, and is none.
    cut_short: usize,
}

/// Finds what follows the batch that was carried out last. `are_expected`: the database says that there are two files.
pub(super) fn find(
    files: &[Option<Vec<u8>>; 2],
    carried_out: u64,
    are_expected: bool,
) -> Result<Found> {
    let mut damage = None;
    let mut cut_short = 0;
    let mut batches = Vec::new();
    for (file, name) in files.iter().zip(["-writes1", "-writes2"]) {
        let bytes = file.as_deref().unwrap_or_default();
        let body = bytes
            .strip_prefix(&HEAD)
            .and_then(|body| body.split_first_chunk::<{ size_of::<Salt>() }>());
        if are_expected && body.is_none() {
            let what = match file {
                None => "is missing",
                Some(_) => "does not begin as it was made",
            };
            let after = format!("the last writes, after batch {carried_out}, may have been in it");
            damage.get_or_insert(format!("the file {name} {what}; {after}"));
        }
        let found = match body {
            Some((salt, batches)) => split_all(batches, salt, carried_out),
            // Of the version before.
            None => split_all(bytes, &[], carried_out),
        };
        cut_short += found.cut_short;
        batches.extend(found.batches);
    }
    batches.retain(|batch| batch.number > carried_out);
    batches.sort_by_key(|batch| batch.number);
    let mut found = Found {
        last: carried_out,
        highest: carried_out,
        ..Found::default()
    };
    let mut before: Option<Batch<'_>> = None;
    for batch in batches {
        let number = batch.number;
        if number != found.highest + 1 {
            damage.get_or_insert(match before {
                Some(_) => gap(found.highest + 1, number - 1),
                None => format!("{}; or {OTHER}", gap(found.highest + 1, number - 1)),
            });
        } else if let (Some(before), Some(check)) = (before, batch.before)
            && before.check != check
        {
            damage.get_or_insert(format!(
                "batch {number} does not go on where batch {} ends",
                before.number
            ));
        }
        if let Err(what) = record::read(batch.records, &mut found.records) {
            damage.get_or_insert(format!("batch {number}: {what}"));
        }
        found.highest = number;
        if damage.is_none() {
            found.last = number;
            found.sound = found.records.len();
        }
        before = Some(batch);
    }
    // Where nothing is behind it.
    found.cut_short = if damage.is_none() { cut_short } else { 0 };
    found.damage = damage.map(Damage);
    Ok(found)
}

fn gap(from: u64, to: u64) -> String {
    let what = if from == to {
        format!("batch {from} cannot be read")
    } else {
        format!("batches {from} to {to} cannot be read")
    };
    format!("{what}, and later ones can; what was acknowledged with it may be lost")
}

/// All batches in a file: from its beginning on, and behind what cannot be read those that are still to be carried out.
fn split_all<'a>(bytes: &'a [u8], salt: &[u8], carried_out: u64) -> File<'a> {
    let mut file = File::default();
    let mut rest = bytes;
    while let Some(batch) = split(rest, salt) {
        let is_next = file
            .batches
            .last()
            .is_none_or(|last| last.number.checked_add(1) == Some(batch.number));
        if !is_next {
            break;
        }
        rest = &rest[batch.bytes..];
        file.batches.push(batch);
    }
    let begins = |bytes: &[u8]| bytes.starts_with(&FORMAT) || bytes.starts_with(&OLD_FORMAT);
    if begins(rest) && split(rest, salt).is_none() {
        file.cut_short = rest
            .iter()
            .rposition(|byte| *byte != 0)
            .map_or(0, |at| at + 1);
    }
    // What is left of an earlier round has lower numbers, and was carried out.
    let last = file.batches.last().map_or(carried_out, |last| last.number);
    let mut last = last.max(carried_out);
    while let Some(at) = rest.iter().position(|byte| *byte == FORMAT[0]) {
        rest = &rest[at..];
        match split(rest, salt) {
            Some(batch) if batch.number > last => {
                last = batch.number;
                rest = &rest[batch.bytes..];
                file.batches.push(batch);
            }
            Some(batch) => rest = &rest[batch.bytes..],
            None => rest = &rest[1..],
        }
    }
    file
}

/// The batch at the beginning, if one is there whole.
fn split<'a>(bytes: &'a [u8], salt: &[u8]) -> Option<Batch<'a>> {
    let (is_old, rest) = match bytes.strip_prefix(&FORMAT) {
        Some(rest) => (false, rest),
        None => (true, bytes.strip_prefix(&OLD_FORMAT)?),
    };
    let (length, rest) = rest.split_first_chunk::<4>()?;
    let (number, rest) = rest.split_first_chunk::<8>()?;
    let (before, rest) = match is_old {
        true => (None, rest),
        false => rest
            .split_first_chunk::<4>()
            .map(|(before, rest)| (Some(before), rest))?,
    };
    let (check, rest) = rest.split_first_chunk::<4>()?;
    let (records, rest) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
    let check = u32::from_le_bytes(*check);
    let before_bytes = before.map_or(&[][..], |before| before);
    let is_whole = check == checksum(&[salt, length, number, before_bytes, records]);
    is_whole.then(|| Batch {
        number: u64::from_le_bytes(*number),
        before: before.map(|before| u32::from_le_bytes(*before)),
        check,
        records,
        bytes: bytes.len() - rest.len(),
    })
}

const OTHER: &str = "an older database was put in the place of the one that it belongs to";

#[cfg(test)]
pub(super) fn append_by_hand(paths: &[std::path::PathBuf; 2], payload: super::Payload) {
    use std::fs;
    let files = paths.each_ref().map(|path| fs::read(path).unwrap());
    let start = super::START as usize;
    let salts = files
        .each_ref()
        .map(|bytes| Salt::try_from(&bytes[HEAD.len()..start]).unwrap());
    let found = [0, 1].map(|at| split_all(&files[at][start..], &salts[at], 0).batches);
    let last = |at: usize| found[at].last().map(|batch| batch.number);
    let at = usize::from(last(0) < last(1));
    let end: usize = found[at].iter().map(|batch| batch.bytes).sum();
    let mut bytes = files[at][..start + end].to_vec();
    let before = found[at].last().unwrap();
    bytes.extend(super::framed(payload, before.number + 1, before.check, salts[at]).0);
    fs::write(&paths[at], bytes).unwrap();
}

#[cfg(test)]
mod tests {
    use super::super::{Payload, framed};
    use super::*;

    const SALT: Salt = [9; 8];

    /// Batches of these numbers, of different lengths, and where each ends.
    fn file(of: &[u64]) -> (Vec<u8>, Vec<usize>) {
        let (mut bytes, mut ends) = (Vec::new(), Vec::new());
        let mut before = 0;
        for number in of {
            let payload = Payload::of_bytes(vec![7; *number as usize]);
            let (batch, check) = framed(payload, *number, before, SALT);
            before = check;
            bytes.extend(batch);
            ends.push(bytes.len());
        }
        (bytes, ends)
    }

    fn numbers(bytes: &[u8], carried_out: u64) -> Vec<u64> {
        let batches = split_all(bytes, &SALT, carried_out).batches;
        batches.into_iter().map(|batch| batch.number).collect()
    }

    #[test]
    fn a_file_ends_with_its_last_whole_batch() {
        let (bytes, ends) = file(&[5, 6, 7]);
        for cut in 0..=bytes.len() {
            let whole = ends.iter().filter(|end| **end <= cut).count();
            for rest in [&[][..], &[0; 100]] {
                let bytes = [&bytes[..cut], rest].concat();
                assert_eq!(numbers(&bytes, 4), [5, 6, 7][..whole], "cut at {cut}");
            }
        }
    }

    #[test]
    fn a_batch_with_a_wrong_bit_is_none_and_those_behind_it_are_found() {
        let (bytes, ends) = file(&[5, 6, 7, 8]);
        for bit in 8 * ends[0]..8 * ends[1] {
            let mut bytes = bytes.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(numbers(&bytes, 4), [5, 7, 8], "bit {bit}");
        }
    }

    #[test]
    fn what_is_left_of_an_earlier_round_is_not_read() {
        let (mut bytes, _) = file(&[5, 6, 7]);
        let (new, _) = file(&[8]);
        bytes[..new.len()].copy_from_slice(&new);
        assert_eq!(numbers(&bytes, 7), [8]);
        // Though it may begin just where the new one ends.
        let (old, _) = file(&[2, 3]);
        assert_eq!(numbers(&[new, old].concat(), 7), [8]);
    }

    fn with_head(of: &[u64]) -> Option<Vec<u8>> {
        let mut bytes = [&HEAD[..], &SALT].concat();
        let mut before = 0;
        for number in of {
            let (batch, check) = framed(Payload::default(), *number, before, SALT);
            before = check;
            bytes.extend(batch);
        }
        Some(bytes)
    }

    fn found(files: [&[u64]; 2], carried_out: u64) -> Found {
        find(&files.map(with_head), carried_out, true).unwrap()
    }

    #[test]
    fn both_files_are_read_in_the_order_of_their_numbers() {
        // Where one goes on in the other, the check that is noted there is of no batch here.
        let last = |files, carried_out| {
            let found = found(files, carried_out);
            (found.highest, found.damage.is_none())
        };
        assert_eq!(last([&[], &[]], 4), (4, true));
        assert_eq!(last([&[9, 10], &[7, 8]], 9), (10, true));
        assert_eq!(last([&[3, 4], &[1, 2]], 8), (8, true));
        assert_eq!(last([&[5, 6], &[]], 4), (6, true));
        assert_eq!(last([&[5, 6], &[7, 8]], 4).0, 8);
    }

    #[test]
    fn the_check_of_the_batch_before_is_known_over_both_files() {
        let (first, check) = framed(Payload::default(), 5, 77, SALT);
        let file = |batch: &[u8]| Some([&HEAD[..], &SALT, batch].concat());
        for (noted, is_sound) in [(check, true), (check ^ 1, false)] {
            let (second, _) = framed(Payload::default(), 6, noted, SALT);
            let found = find(&[file(&first), file(&second)], 4, true).unwrap();
            assert_eq!(found.damage.is_none(), is_sound);
        }
    }

    #[test]
    fn a_gap_is_a_damage() {
        assert!(found([&[6], &[]], 4).damage.is_some());
        let damage = found([&[5, 6], &[9]], 4).damage.unwrap().to_string();
        assert!(damage.contains("batches 7 to 8 cannot be read"), "{damage}");
        assert!(found([&[5, 6], &[8]], 5).damage.is_some());
    }

    #[test]
    fn a_file_that_is_missing_or_emptied_is_a_damage_where_one_is_expected() {
        let there = with_head(&[5]);
        for broken in [None, Some(vec![]), Some(vec![0; 1000])] {
            for files in [
                [there.clone(), broken.clone()],
                [broken.clone(), there.clone()],
            ] {
                assert!(find(&files, 4, true).unwrap().damage.is_some());
                let found = find(&files, 4, false).unwrap();
                assert_eq!((found.last, found.damage), (5, None));
            }
        }
    }

    #[test]
    fn what_the_version_before_has_left_is_read() {
        let (length, number) = (0_u32.to_le_bytes(), 5_u64.to_le_bytes());
        let check = checksum(&[&length, &number]).to_le_bytes();
        let old = [&OLD_FORMAT[..], &length, &number, &check].concat();
        let found = find(&[Some(old), Some(vec![0; 100])], 4, false).unwrap();
        assert_eq!((found.last, found.damage), (5, None));
    }
}
