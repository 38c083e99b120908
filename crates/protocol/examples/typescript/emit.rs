//! Writes the shapes as TypeScript.

use std::collections::BTreeSet;
use std::fmt::Write;

use hongyan_protocol::{CloseCode, ErrorCode, SUBPROTOCOL, WEBSOCKET_PATH, limits};

use crate::source::{Kind, Member, Shape, Source};

const HEADING: &str = "\
/**
 * The wire: every frame, code and limit that both sides of a connection agree on.
 *
 * Generated from crates/protocol; do not edit. To write it anew:
 *     cargo run -p hongyan-protocol --example typescript
 */
";

/// What only HTTP requests and answers hold.
const HTTP_SHAPES: [&str; 6] = [
    "AddMembers",
    "GroupMember",
    "NewGroup",
    "SetGroup",
    "SetRole",
    "MentionsPage",
];

/// The whole file.
pub(crate) fn typescript() -> String {
    let source = Source::read();
    let directions = ["ClientFrame", "ServerFrame"].map(|name| (name, source.frames(name)));
    let frames = directions.iter().flat_map(|(_, frames)| frames);
    let over_http = HTTP_SHAPES.map(String::from);
    let frames = frames.map(|(_, shape)| shape.clone());
    let shapes = reachable(&source, frames.chain(over_http).collect());
    let mut out = HEADING.to_owned();
    for shape in &shapes {
        out.push_str(&declaration(shape));
    }
    for (name, frames) in &directions {
        out.push_str(&union(name, frames));
    }
    let from_server = directions[1].1.iter().map(|(_, shape)| shape.clone());
    let checked = reachable(&source, from_server.collect());
    out.push_str(&checks(&checked, &directions[1].1));
    out.push_str(&codes());
    out.push_str(&constants(&source));
    out
}

/// These shapes and those they mention, by name.
fn reachable(source: &Source, mut open: Vec<String>) -> Vec<Shape> {
    let mut seen = BTreeSet::new();
    let mut shapes = Vec::new();
    while let Some(name) = open.pop() {
        let is_value = ["integer", "string", "boolean", "ErrorCode"].contains(&name.as_str());
        if is_value || !seen.insert(name.clone()) {
            continue;
        }
        let shape = source.shape(&name);
        match &shape.kind {
            Kind::Object(members) => open.extend(members.iter().map(|member| member.of.clone())),
            Kind::Tagged(variants) => {
                let members = variants.iter().flat_map(|(_, members)| members);
                open.extend(members.map(|member| member.of.clone()));
            }
            Kind::Word(_) => {}
        }
        shapes.push(shape);
    }
    shapes.sort_by(|one, other| one.name.cmp(&other.name));
    shapes
}

fn declaration(shape: &Shape) -> String {
    let name = &shape.name;
    let head = format!("\n{}", comment(&shape.doc, ""));
    let body = match &shape.kind {
        Kind::Word(words) => format!("export type {name} = {};\n", open_words(words)),
        Kind::Object(members) if members.is_empty() => {
            format!("export type {name} = Record<never, never>;\n")
        }
        Kind::Object(members) => {
            let members: String = members
                .iter()
                .map(|member| field(member, member.is_optional))
                .collect();
            format!("export interface {name} {{\n{members}}}\n")
        }
        // Not a union: a word of a newer version would match every member of it.
        Kind::Tagged(variants) => {
            let words: Vec<_> = variants.iter().map(|(word, _)| word.clone()).collect();
            // A field that several types have is one, and says what the first of them says.
            let mut names = BTreeSet::new();
            let members = variants.iter().flat_map(|(_, members)| members);
            let members = members.filter(|member| names.insert(member.name.clone()));
            let members: String = members.map(|member| field(member, true)).collect();
            format!(
                "export interface {name} {{\n  type: {};\n{members}}}\n",
                open_words(&words)
            )
        }
    };
    head + &body
}

fn open_words(words: &[String]) -> String {
    let words: Vec<_> = words.iter().map(|word| format!("\"{word}\"")).collect();
    format!("{} | (string & {{}})", words.join(" | "))
}

fn field(member: &Member, is_optional: bool) -> String {
    let ty = match member.of.as_str() {
        "integer" => "number",
        "ErrorCode" => "ErrorCode | (string & {})",
        other => other,
    };
    let list = if member.is_list { "[]" } else { "" };
    let mark = if is_optional { "?" } else { "" };
    let comment = comment(&member.doc, "  ");
    format!("{comment}  {}{mark}: {ty}{list};\n", member.name)
}

fn comment(lines: &[String], indent: &str) -> String {
    match lines {
        [] => String::new(),
        [line] => format!("{indent}/** {line} */\n"),
        lines => {
            let lines = lines
                .iter()
                .map(|line| format!("{indent} * {line}").trim_end().to_owned() + "\n");
            let lines: String = lines.collect();
            format!("{indent}/**\n{lines}{indent} */\n")
        }
    }
}

fn union(name: &str, frames: &[(String, String)]) -> String {
    let members = frames
        .iter()
        .map(|(word, shape)| format!("\n  | ({{ type: \"{word}\"; req?: number }} & {shape})"));
    let members: String = members.collect();
    format!("\n/** A frame, by its `type`. */\nexport type {name} ={members};\n")
}

fn checks(shapes: &[Shape], frames: &[(String, String)]) -> String {
    let mut out = String::from(
        "\n/** What to check of each frame from the server: its `type`, and the shape behind it. */\n\
         export const SERVER_FRAMES: Readonly<Record<string, string>> = {\n",
    );
    for (word, shape) in frames {
        let _ = writeln!(out, "  {word}: \"{shape}\",");
    }
    out.push_str(
        "};\n\n/** Shapes: for each field what it holds; `[]` is a list, `?` may be absent or null. Where a key\n \
         * begins with `type=`, the rest holds only for that type. */\n\
         export const SHAPES: Readonly<Record<string, Readonly<Record<string, string>>>> = {\n",
    );
    let words = shapes
        .iter()
        .filter(|shape| matches!(shape.kind, Kind::Word(_)));
    let words: BTreeSet<&str> = words
        .map(|shape| shape.name.as_str())
        .chain(["ErrorCode"])
        .collect();
    for shape in shapes {
        let fields = match &shape.kind {
            Kind::Word(_) => continue,
            Kind::Object(members) => members
                .iter()
                .map(|member| check("", member, &words))
                .collect(),
            Kind::Tagged(variants) => {
                let members = variants.iter().flat_map(|(word, members)| {
                    let prefix = format!("type={word}.");
                    members.iter().map(move |member| (prefix.clone(), member))
                });
                let members = members.map(|(prefix, member)| check(&prefix, member, &words));
                std::iter::once("type: \"string\"".to_owned())
                    .chain(members)
                    .collect::<Vec<_>>()
            }
        };
        let _ = writeln!(out, "  {}: {},", shape.name, object(&fields));
    }
    out + "};\n"
}

fn object(fields: &[String]) -> String {
    if fields.is_empty() {
        return "{}".into();
    }
    format!("{{ {} }}", fields.join(", "))
}

fn check(prefix: &str, member: &Member, words: &BTreeSet<&str>) -> String {
    let of = if words.contains(member.of.as_str()) {
        "string"
    } else {
        &member.of
    };
    let list = if member.is_list { "[]" } else { "" };
    let mark = if member.is_optional { "?" } else { "" };
    let key = format!("{prefix}{}", member.name);
    let key = if prefix.is_empty() {
        key
    } else {
        format!("\"{key}\"")
    };
    format!("{key}: \"{of}{list}{mark}\"")
}

fn codes() -> String {
    let mut out = String::from(
        "\n/** Why a request failed, and whether the same request may succeed later. */\n\
         export const ERROR_CODES = {\n",
    );
    for code in ErrorCode::ALL {
        let _ = writeln!(
            out,
            "  {}: {{ retryable: {} }},",
            code.as_str(),
            code.is_retryable()
        );
    }
    out.push_str(
        "} as const;\nexport type ErrorCode = keyof typeof ERROR_CODES;\n\
         \n/** Why the server closed. 4000 to 4099 are terminal, everything else means reconnect. */\n\
         export const CLOSE_CODES = {\n",
    );
    for code in CloseCode::ALL {
        let _ = writeln!(out, "  {}: {},", code.as_str(), code.number());
    }
    out + "} as const;\n"
}

fn constants(source: &Source) -> String {
    let numbers = [
        ("TEXT_BYTES", limits::TEXT_BYTES),
        ("CLIENT_FRAME_BYTES", limits::CLIENT_FRAME_BYTES),
        ("SERVER_FRAME_BYTES", limits::SERVER_FRAME_BYTES),
        ("TOKEN_BYTES", limits::TOKEN_BYTES),
        ("CLIENT_NAME_BYTES", limits::CLIENT_NAME_BYTES),
        ("CLIENT_ID_BYTES", limits::CLIENT_ID_BYTES),
        ("MENTIONS", limits::MENTIONS),
        ("ALLS_A_DAY", limits::ALLS_A_DAY),
        ("TOPIC_BYTES", limits::TOPIC_BYTES),
        ("ORIGIN_BYTES", limits::ORIGIN_BYTES),
        ("MEMBERS_TOLD", limits::MEMBERS_TOLD),
        ("DRAFT_BYTES", limits::DRAFT_BYTES),
        ("PINNED", limits::PINNED),
        ("MEMBERS_PAGE", limits::MEMBERS_PAGE),
        ("GROUP_USERS", limits::GROUP_USERS),
        ("GROUP_MEMBERS", limits::GROUP_MEMBERS),
        ("GROUP_NAME_BYTES", limits::GROUP_NAME_BYTES),
        ("GROUP_DESCRIPTION_BYTES", limits::GROUP_DESCRIPTION_BYTES),
        ("SYNC_CONVERSATIONS", limits::SYNC_CONVERSATIONS),
        ("LIST_CONVERSATIONS", limits::LIST_CONVERSATIONS),
        ("PAGE_BYTES", limits::PAGE_BYTES),
        ("SYNC_ENTRIES", limits::SYNC_ENTRIES),
        ("HISTORY_ENTRIES", limits::HISTORY_ENTRIES),
        ("HISTORY_ENTRIES_DEFAULT", limits::HISTORY_ENTRIES_DEFAULT),
    ];
    let mut out =
        String::from("\n/** Every bound that both sides know. */\nexport const LIMITS = {\n");
    for (name, value) in numbers {
        let doc = comment(&source.constant(name), "  ");
        let _ = writeln!(out, "{doc}  {name}: {value},");
    }
    let _ = write!(
        out,
        "}} as const;\n\n/** The WebSocket subprotocol that names this wire format. */\n\
         export const SUBPROTOCOL = \"{SUBPROTOCOL}\";\n\n/** The path of the WebSocket. */\n\
         export const WEBSOCKET_PATH = \"{WEBSOCKET_PATH}\";\n"
    );
    out
}
