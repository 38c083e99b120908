//! Reading of single JSON values, where what serde derives is too strict or too lax.
//!
//! Too strict: a `null` where a list may be absent, a field of a body that this version does not
//! know. Too lax: integers that JavaScript cannot hold, endless lists.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::ids::EXACT_INTEGER_LIMIT;

/// Any JSON value, of which only texts and non-negative integers are kept.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) enum Scalar<'a> {
    /// Not there, or `null`.
    #[default]
    Absent,
    /// A string. Borrowed from the input unless it holds escapes.
    Text(Cow<'a, str>),
    /// An integer from 0 upwards, written without fraction and exponent.
    Integer(u64),
    /// Something else, skipped.
    Other,
}

impl<'de: 'a, 'a> Deserialize<'de> for Scalar<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ScalarVisitor)
    }
}

struct ScalarVisitor;

impl<'de> Visitor<'de> for ScalarVisitor {
    type Value = Scalar<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Scalar::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Scalar::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_u64<E>(self, integer: u64) -> Result<Self::Value, E> {
        Ok(Scalar::Integer(integer))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Scalar::Absent)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(Scalar::Other)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(Scalar::Other)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(Scalar::Other)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Scalar::Other)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Scalar::Other)
    }
}

/// Reads an optional value whose absence is its default, and whose `null` is its absence.
pub(crate) fn or_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// Whether a flag need not be written: its absence says so.
#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
pub(crate) fn is_false(flag: &bool) -> bool {
    !*flag
}

/// Reads an integer below 2^53, of a field that may be absent.
pub(crate) fn optional_integer<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<u64>, D::Error> {
    #[derive(serde::Deserialize)]
    struct Integer(#[serde(deserialize_with = "integer")] u64);
    let found: Option<Integer> = serde::Deserialize::deserialize(deserializer)?;
    Ok(found.map(|Integer(value)| value))
}

/// Reads an integer below 2^53.
pub(crate) fn integer<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    struct IntegerVisitor;

    impl Visitor<'_> for IntegerVisitor {
        type Value = u64;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an integer from 0 to 2^53 - 1")
        }

        fn visit_u64<E: Error>(self, integer: u64) -> Result<u64, E> {
            if integer < EXACT_INTEGER_LIMIT {
                Ok(integer)
            } else {
                Err(E::custom(crate::InvalidId::TooLarge))
            }
        }
    }

    deserializer.deserialize_u64(IntegerVisitor)
}

/// Reads the wished size of a page, for `deserialize_with`. 0 is refused: a walk in pages of nothing never ends.
///
/// # Errors
/// The value is not an integer from 1 to 2^53 - 1, nor absent.
pub fn page_limit<'de, D>(deserializer: D) -> Result<Option<usize>, D::Error>
where
    D: Deserializer<'de>,
{
    match Option::<u64>::deserialize(deserializer)? {
        None => Ok(None),
        Some(0) => Err(D::Error::custom("a limit is at least 1")),
        Some(limit) if limit < EXACT_INTEGER_LIMIT => {
            Ok(Some(usize::try_from(limit).unwrap_or(usize::MAX)))
        }
        Some(_) => Err(D::Error::custom(crate::InvalidId::TooLarge)),
    }
}

/// Reads a list, `null` as an empty one, and keeps at most `KEPT` of its elements. The rest is
/// skipped, so that the caller can tell that it was too long without having stored it.
pub(crate) fn capped_list<'de, const KEPT: usize, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    struct CappedVisitor<const KEPT: usize, T>(PhantomData<T>);

    impl<'de, const KEPT: usize, T: Deserialize<'de>> Visitor<'de> for CappedVisitor<KEPT, T> {
        type Value = Vec<T>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list")
        }

        fn visit_unit<E>(self) -> Result<Vec<T>, E> {
            Ok(Vec::new())
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<T>, A::Error> {
            let mut kept = Vec::new();
            while kept.len() < KEPT {
                match list.next_element()? {
                    Some(element) => kept.push(element),
                    None => return Ok(kept),
                }
            }
            while list.next_element::<IgnoredAny>()?.is_some() {}
            Ok(kept)
        }
    }

    deserializer.deserialize_any(CappedVisitor::<KEPT, T>(PhantomData))
}
