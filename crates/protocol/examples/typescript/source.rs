//! Reads the frames from this crate's own sources, documentation and serde attributes included.
//!
//! Promises: what it does not understand stops it. A new type or attribute needs a line here, never
//! a guess.

use std::collections::BTreeMap;

use syn::{Attribute, Expr, Field, Fields, Item, Lit, Meta, Type};

/// A type that crosses the wire.
pub(crate) struct Shape {
    pub(crate) name: String,
    pub(crate) doc: Vec<String>,
    pub(crate) kind: Kind,
}

pub(crate) enum Kind {
    /// An object with these fields.
    Object(Vec<Member>),
    /// One of these words, or one of a newer version.
    Word(Vec<String>),
    /// An object whose `type` is one of these words, each with its own fields, or of a newer version.
    Tagged(Vec<(String, Vec<Member>)>),
}

/// A field.
pub(crate) struct Member {
    pub(crate) name: String,
    pub(crate) doc: Vec<String>,
    /// `integer`, `string`, `boolean`, or the name of a shape.
    pub(crate) of: String,
    pub(crate) is_list: bool,
    pub(crate) is_optional: bool,
}

/// Every struct, enum and constant of the crate, by name.
pub(crate) struct Source(BTreeMap<String, Item>);

impl Source {
    pub(crate) fn read() -> Self {
        let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/src");
        let files = std::fs::read_dir(directory).expect("the crate has sources");
        let mut items = BTreeMap::new();
        for file in files {
            let path = file.expect("the folder can be read").path();
            if path.extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(&path).expect("the source can be read");
                let file = syn::parse_file(&text).expect("the crate compiles");
                items.extend(file.items.into_iter().filter_map(named));
            }
        }
        Self(items)
    }

    /// The frames of an enum such as `ServerFrame`: the word in `type`, and the name of the shape.
    pub(crate) fn frames(&self, name: &str) -> Vec<(String, String)> {
        let Some(Item::Enum(frames)) = self.0.get(name) else {
            panic!("no enum {name}");
        };
        let variants = frames.variants.iter();
        let payloads = variants.filter_map(|variant| match &variant.fields {
            Fields::Unnamed(payload) => Some((
                snake_case(&variant.ident.to_string()),
                last_name(&payload.unnamed[0].ty),
            )),
            // A frame of a newer version carries nothing that this one knows.
            _ => None,
        });
        payloads.collect()
    }

    /// The shape of this name.
    pub(crate) fn shape(&self, name: &str) -> Shape {
        // `send` is written by hand: what is read has its fields.
        let item = self.0.get(if name == "Send" { "SendRead" } else { name });
        match item {
            Some(Item::Struct(found)) => Shape {
                name: name.into(),
                doc: doc(&self.attributes(name)),
                kind: Kind::Object(self.documented(name, members(&found.fields))),
            },
            Some(Item::Enum(found)) => {
                let is_tagged = serde(&found.attrs).iter().any(|word| word == "tag");
                let known = found.variants.iter().filter(|variant| {
                    variant.ident != "Unknown" && (is_tagged || variant.fields.is_empty())
                });
                let known = known.map(|variant| {
                    (
                        snake_case(&variant.ident.to_string()),
                        members(&variant.fields),
                    )
                });
                let kind = if is_tagged {
                    Kind::Tagged(known.collect())
                } else {
                    Kind::Word(known.map(|(word, _)| word).collect())
                };
                let doc = doc(&found.attrs);
                Shape {
                    name: name.into(),
                    doc,
                    kind,
                }
            }
            _ => panic!("no struct or enum {name}"),
        }
    }

    /// The documentation of a constant.
    pub(crate) fn constant(&self, name: &str) -> Vec<String> {
        match self.0.get(name) {
            Some(Item::Const(found)) => doc(&found.attrs),
            _ => panic!("no constant {name}"),
        }
    }

    /// The documentation is that of the public type, where the fields are those of another.
    fn documented(&self, name: &str, mut members: Vec<Member>) -> Vec<Member> {
        if let Some(Item::Struct(public)) = self.0.get(name) {
            for member in &mut members {
                let mut fields = public.fields.iter();
                let same =
                    fields.find(|field| field.ident.as_ref().is_some_and(|it| *it == member.name));
                member.doc = same.map(|field| doc(&field.attrs)).unwrap_or_default();
            }
        }
        members
    }

    fn attributes(&self, name: &str) -> Vec<Attribute> {
        match self.0.get(name) {
            Some(Item::Struct(found)) => found.attrs.clone(),
            _ => Vec::new(),
        }
    }
}

fn named(item: Item) -> Option<(String, Item)> {
    let name = match &item {
        Item::Struct(found) => found.ident.to_string(),
        Item::Enum(found) => found.ident.to_string(),
        Item::Const(found) => found.ident.to_string(),
        _ => return None,
    };
    Some((name, item))
}

fn members(fields: &Fields) -> Vec<Member> {
    fields.iter().map(member).collect()
}

fn member(field: &Field) -> Member {
    let serde = serde(&field.attrs);
    for word in &serde {
        let known = ["default", "skip_serializing_if", "deserialize_with"];
        assert!(
            known.contains(&word.as_str()),
            "serde({word}) has no meaning here"
        );
    }
    let (outer, inner) = split(&field.ty);
    let of = match last_name(inner).as_str() {
        "ConversationId" | "EntryId" | "Millis" | "Seq" | "SessionId" | "UserId" | "u64"
        | "usize" => "integer".into(),
        "str" | "ClientId" => "string".into(),
        "bool" => "boolean".into(),
        // What a body says that this version does not know is seen only where one is read.
        "GivenBody" => "Body".into(),
        shape => shape.into(),
    };
    Member {
        name: field
            .ident
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default(),
        doc: doc(&field.attrs),
        of,
        is_list: outer.ends_with("Vec"),
        is_optional: outer.starts_with("Option") || serde.iter().any(|word| word == "default"),
    }
}

/// The container around a type, if it is one of those that JSON shows, and what is in it.
fn split(ty: &Type) -> (String, &Type) {
    let Type::Path(path) = ty else {
        return (String::new(), ty);
    };
    let last = path.path.segments.last().expect("a path has a segment");
    let name = last.ident.to_string();
    let syn::PathArguments::AngleBracketed(arguments) = &last.arguments else {
        return (String::new(), ty);
    };
    let Some(syn::GenericArgument::Type(inner)) = arguments.args.first() else {
        panic!("{name} of something that is no type");
    };
    let (nested, innermost) = split(inner);
    match (name.as_str(), nested.as_str()) {
        ("Box" | "Arc", _) => (nested, innermost),
        ("Option" | "Vec", "") => (name, innermost),
        ("Option", "Vec") => ("Option of Vec".into(), innermost),
        _ => panic!("{name} of {nested} has no meaning here"),
    }
}

fn last_name(ty: &Type) -> String {
    let Type::Path(path) = ty else {
        panic!("a type without a name")
    };
    let last = path.path.segments.last().expect("a path has a segment");
    last.ident.to_string()
}

/// The names in `#[serde(…)]`.
fn serde(attributes: &[Attribute]) -> Vec<String> {
    let mut words = Vec::new();
    for attribute in attributes
        .iter()
        .filter(|attribute| attribute.path().is_ident("serde"))
    {
        let parsed = attribute.parse_nested_meta(|meta| {
            words.push(
                meta.path
                    .get_ident()
                    .map(ToString::to_string)
                    .unwrap_or_default(),
            );
            if meta.input.peek(syn::Token![=]) {
                meta.value()?.parse::<Lit>()?;
            }
            Ok(())
        });
        parsed.expect("serde's attributes are lists of names and values");
    }
    words
}

/// The lines of a doc comment, with links made plain.
fn doc(attributes: &[Attribute]) -> Vec<String> {
    let lines = attributes
        .iter()
        .filter_map(|attribute| match &attribute.meta {
            Meta::NameValue(meta) if meta.path.is_ident("doc") => match &meta.value {
                Expr::Lit(expr) => match &expr.lit {
                    Lit::Str(text) => Some(plain(text.value().trim())),
                    _ => None,
                },
                _ => None,
            },
            _ => None,
        });
    lines.collect()
}

/// Turns [`a`](b) and [`a`] into `a`, and the name of a limit into that in TypeScript.
fn plain(line: &str) -> String {
    let mut out = String::new();
    let mut rest = line;
    while let Some((before, after)) = rest.split_once("[`") {
        let (name, after) = after.split_once("`]").expect("a link on one line");
        out.extend([before, "`", name, "`"]);
        rest = after;
        if let Some(target) = rest.strip_prefix('(') {
            rest = target.split_once(')').expect("a link on one line").1;
        }
    }
    (out + rest).replace("limits::", "LIMITS.")
}

fn snake_case(name: &str) -> String {
    let mut out = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !out.is_empty() {
            out.push('_');
        }
        out.push(letter.to_ascii_lowercase());
    }
    out
}
