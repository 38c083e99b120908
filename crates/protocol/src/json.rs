//! Writes frames as JSON.
//!
//! The same bytes as `serde_json` makes of the same [`Serialize`], in fewer steps: names of fields are copied
//! without being searched for what must be escaped, and texts are searched by blocks. Why that is worth a
//! writer of our own: `docs/decisions/2026-11-26-frames-have-a-writer-of-their-own.md`.
//!
//! Not here: what frames do not hold (maps, floats, bytes, tuples). To write one is an error.

use std::fmt::{Error, Result};

use serde::Serialize;
use serde::ser::{Impossible, SerializeSeq, SerializeStruct, Serializer};

/// Writes a struct's fields behind those of an object that was begun already, and ends it.
pub(crate) fn write_members<T: Serialize>(out: &mut String, value: &T) -> Result {
    value.serialize(Writer {
        out,
        is_begun: true,
    })
}

/// Writes a text in quotes.
pub(crate) fn write_text(out: &mut String, text: &str) {
    out.push('"');
    let mut rest = text;
    while let Some(at) = first_escaped(rest.as_bytes()) {
        let (plain, from_here) = rest.split_at(at);
        out.push_str(plain);
        // What must be escaped is one byte long.
        let (escaped, after) = from_here.split_at(1);
        write_escape(out, escaped);
        rest = after;
    }
    out.push_str(rest);
    out.push('"');
}

/// The bytes that a text takes as JSON, its two quotes aside: at least its own, at most six times as many.
///
/// For pages, which are bounded by what is written and not by what was said. What needs no escape is searched
/// as fast as it is written.
pub fn escaped_bytes(text: &str) -> usize {
    let (blocks, rest) = text.as_bytes().as_chunks::<BLOCK>();
    let escaped = blocks.iter().filter(|block| !is_plain(block));
    let added = escaped.map(|block| added_by_escapes(block)).sum::<usize>();
    text.len() + added + added_by_escapes(rest)
}

fn added_by_escapes(text: &[u8]) -> usize {
    let added = text.iter().map(|byte| match byte {
        b'"' | b'\\' | b'\n' | b'\r' | b'\t' | 0x08 | 0x0c => 1,
        0..0x20 => 5,
        _ => 0,
    });
    added.sum()
}

/// Writes an integer.
pub(crate) fn write_integer(out: &mut String, integer: u64) {
    out.push_str(itoa::Buffer::new().format(integer));
}

/// How many bytes are searched at a time. The compiler makes one comparison of a block's.
const BLOCK: usize = 16;

fn first_escaped(text: &[u8]) -> Option<usize> {
    let (blocks, _) = text.as_chunks::<BLOCK>();
    let plain = BLOCK * blocks.iter().take_while(|block| is_plain(block)).count();
    let at = text[plain..].iter().position(|&byte| is_escaped(byte))?;
    Some(plain + at)
}

fn is_plain(block: &[u8; BLOCK]) -> bool {
    !block
        .iter()
        .fold(false, |any, &byte| any | is_escaped(byte))
}

const fn is_escaped(byte: u8) -> bool {
    byte < 0x20 || byte == b'"' || byte == b'\\'
}

fn write_escape(out: &mut String, escaped: &str) {
    const HEX: [char; 16] = [
        '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f',
    ];
    match escaped {
        "\"" => out.push_str("\\\""),
        "\\" => out.push_str("\\\\"),
        "\n" => out.push_str("\\n"),
        "\r" => out.push_str("\\r"),
        "\t" => out.push_str("\\t"),
        "\u{8}" => out.push_str("\\b"),
        "\u{c}" => out.push_str("\\f"),
        control => {
            for byte in control.bytes() {
                out.push_str("\\u00");
                out.push(HEX[usize::from(byte >> 4)]);
                out.push(HEX[usize::from(byte & 15)]);
            }
        }
    }
}

/// Writes one value.
struct Writer<'a> {
    out: &'a mut String,
    /// Whether the value is the rest of an object that holds something already.
    is_begun: bool,
}

/// Writes the fields of an object.
struct Members<'a> {
    out: &'a mut String,
    is_empty: bool,
}

/// Writes the elements of a list.
struct Elements<'a> {
    out: &'a mut String,
    is_empty: bool,
}

impl<'a> Serializer for Writer<'a> {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Elements<'a>;
    type SerializeStruct = Members<'a>;
    type SerializeTuple = Impossible<(), Error>;
    type SerializeTupleStruct = Impossible<(), Error>;
    type SerializeTupleVariant = Impossible<(), Error>;
    type SerializeMap = Impossible<(), Error>;
    type SerializeStructVariant = Impossible<(), Error>;

    fn serialize_struct(
        self,
        _: &'static str,
        _: usize,
    ) -> std::result::Result<Members<'a>, Error> {
        if !self.is_begun {
            self.out.push('{');
        }
        Ok(Members {
            out: self.out,
            is_empty: !self.is_begun,
        })
    }

    fn serialize_seq(self, _: Option<usize>) -> std::result::Result<Elements<'a>, Error> {
        self.out.push('[');
        Ok(Elements {
            out: self.out,
            is_empty: true,
        })
    }

    fn serialize_str(self, text: &str) -> Result {
        write_text(self.out, text);
        Ok(())
    }

    fn serialize_u64(self, integer: u64) -> Result {
        write_integer(self.out, integer);
        Ok(())
    }

    fn serialize_u32(self, integer: u32) -> Result {
        self.serialize_u64(integer.into())
    }

    fn serialize_u16(self, integer: u16) -> Result {
        self.serialize_u64(integer.into())
    }

    fn serialize_u8(self, integer: u8) -> Result {
        self.serialize_u64(integer.into())
    }

    fn serialize_bool(self, value: bool) -> Result {
        self.out.push_str(if value { "true" } else { "false" });
        Ok(())
    }

    fn serialize_none(self) -> Result {
        self.out.push_str("null");
        Ok(())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result {
        value.serialize(self)
    }

    /// A variant without content is its name.
    fn serialize_unit_variant(self, _: &'static str, _: u32, name: &'static str) -> Result {
        self.serialize_str(name)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result {
        value.serialize(self)
    }

    fn serialize_i8(self, _: i8) -> Result {
        Err(Error)
    }

    fn serialize_i16(self, _: i16) -> Result {
        Err(Error)
    }

    fn serialize_i32(self, _: i32) -> Result {
        Err(Error)
    }

    fn serialize_i64(self, _: i64) -> Result {
        Err(Error)
    }

    fn serialize_f32(self, _: f32) -> Result {
        Err(Error)
    }

    fn serialize_f64(self, _: f64) -> Result {
        Err(Error)
    }

    fn serialize_char(self, _: char) -> Result {
        Err(Error)
    }

    fn serialize_bytes(self, _: &[u8]) -> Result {
        Err(Error)
    }

    fn serialize_unit(self) -> Result {
        Err(Error)
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result {
        Err(Error)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result {
        Err(Error)
    }

    fn serialize_tuple(self, _: usize) -> std::result::Result<Self::SerializeTuple, Error> {
        Err(Error)
    }

    fn serialize_tuple_struct(
        self,
        _: &'static str,
        _: usize,
    ) -> std::result::Result<Self::SerializeTupleStruct, Error> {
        Err(Error)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> std::result::Result<Self::SerializeTupleVariant, Error> {
        Err(Error)
    }

    fn serialize_map(self, _: Option<usize>) -> std::result::Result<Self::SerializeMap, Error> {
        Err(Error)
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> std::result::Result<Self::SerializeStructVariant, Error> {
        Err(Error)
    }
}

impl SerializeStruct for Members<'_> {
    type Ok = ();
    type Error = Error;

    // Inlined, its length is known where the name is, and to copy it takes an instruction or two, not a call.
    #[inline(always)]
    fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result {
        self.out.push_str(if self.is_empty { "\"" } else { ",\"" });
        self.is_empty = false;
        self.out.push_str(name);
        self.out.push_str("\":");
        value.serialize(Writer {
            out: self.out,
            is_begun: false,
        })
    }

    fn end(self) -> Result {
        self.out.push('}');
        Ok(())
    }
}

impl SerializeSeq for Elements<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result {
        if !std::mem::take(&mut self.is_empty) {
            self.out.push(',');
        }
        value.serialize(Writer {
            out: self.out,
            is_begun: false,
        })
    }

    fn end(self) -> Result {
        self.out.push(']');
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[derive(Serialize)]
    struct Sample {
        texts: Vec<String>,
        integer: u64,
        small: Option<u16>,
        absent: Option<bool>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        inner: Vec<Inner>,
    }

    #[derive(Serialize)]
    #[serde(tag = "type", rename_all = "snake_case")]
    enum Inner {
        Named { yes: bool },
        Bare,
    }

    fn written(value: &impl Serialize) -> String {
        let mut out = String::new();
        value
            .serialize(Writer {
                out: &mut out,
                is_begun: false,
            })
            .unwrap();
        out
    }

    #[test]
    fn every_byte_that_may_need_an_escape_is_written_as_serde_json_does() {
        for byte in 0..=0x7f_u8 {
            for before in 0..=2 * BLOCK {
                let text = format!("{}{}后", "x".repeat(before), char::from(byte));
                assert_eq!(written(&text), serde_json::to_string(&text).unwrap());
                assert_eq!(written(&text).len(), 2 + escaped_bytes(&text));
            }
        }
    }

    #[test]
    fn what_frames_do_not_hold_is_an_error() {
        let mut out = String::new();
        let writer = Writer {
            out: &mut out,
            is_begun: false,
        };
        assert!(1.5.serialize(writer).is_err());
    }

    proptest! {
        #[test]
        fn a_text_takes_as_many_bytes_as_are_counted(
            text in "([\\x00-\\x1f\"\\\\\\x7f]|.){0,200}",
        ) {
            prop_assert_eq!(written(&text).len(), 2 + escaped_bytes(&text));
        }

        #[test]
        fn all_else_is_written_as_serde_json_does(
            texts in prop::collection::vec(any::<String>(), 0..4),
            integer: u64,
            small: Option<u16>,
            absent: Option<bool>,
            inner in prop::collection::vec(any::<Option<bool>>(), 0..3),
        ) {
            let inner = inner.into_iter().map(|yes| yes.map_or(Inner::Bare, |yes| Inner::Named { yes }));
            let sample = Sample { texts, integer, small, absent, inner: inner.collect() };
            prop_assert_eq!(written(&sample), serde_json::to_string(&sample).unwrap());
        }
    }
}
