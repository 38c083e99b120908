//! The documents stay easy to read: few of their sentences are long.

#![allow(
    clippy::unwrap_used,
    reason = "a helper that panics fails the test that called it"
)]

use std::path::{Path, PathBuf};

/// A sentence of more words is long.
const LONG: usize = 25;

/// How many sentences of a document may be long, in a hundred.
const SHARE: usize = 10;

/// No sentence has more words.
const MOST: usize = 60;

#[test]
fn few_sentences_are_long() {
    for path in documents() {
        let text = std::fs::read_to_string(&path).unwrap();
        let sentences = sentences(&text);
        let mut long: Vec<_> = sentences
            .iter()
            .map(|sentence| (words(sentence), sentence))
            .filter(|(words, _)| *words > LONG)
            .collect();
        long.sort_unstable_by(|a, b| b.cmp(a));
        let bad = long.len() * 100 > sentences.len() * SHARE
            || long.first().is_some_and(|(words, _)| *words > MOST);
        assert!(
            !bad,
            "{}: {} of {} sentences have more than {LONG} words. One thought a sentence:\n{long:#?}",
            path.display(),
            long.len(),
            sentences.len(),
        );
    }
}

#[test]
fn sentences_are_found() {
    let text = "# A heading is none\n\nOne of *these*. Two, [with a\nlink](docs/x.md).\n\n```\nnone. here.\n```\n\
        - An item, of `a.b. C` too\n- Another one\n\n| a cell | — |\n|---|---|\n";
    let expected = [
        "One of *these*.",
        "Two, with a link.",
        "An item, of _ too",
        "Another one",
        "a cell",
    ];
    assert_eq!(sentences(text), expected);
    assert_eq!(words("Two, with a — link."), 4);
}

/// What people read first. The decisions and the runs are records of their day.
fn documents() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut found: Vec<PathBuf> = [root.clone(), root.join("docs")]
        .iter()
        .flat_map(|folder| std::fs::read_dir(folder).unwrap())
        .map(|file| file.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "md"))
        .filter(|path| !path.to_string_lossy().contains(".zh-CN."))
        .collect();
    found.sort_unstable();
    assert!(found.len() > 10, "{found:?}");
    found
}

/// The sentences of a Markdown text: of its paragraphs, its items, and the cells of its tables. Code is no sentence.
fn sentences(text: &str) -> Vec<String> {
    let link = regex::Regex::new(r"\[([^\]]*)\]\([^)]*\)").unwrap();
    let code = regex::Regex::new("`[^`]*`").unwrap();
    let end = regex::Regex::new(r#"[.!?]["”)*]*\s"#).unwrap();
    let mut found = Vec::new();
    for block in blocks(text) {
        let block = code.replace_all(&block, "_");
        let block = link.replace_all(&block, "$1");
        let mut start = 0;
        for stop in end.find_iter(&block) {
            found.push(block[start..stop.end()].trim().to_owned());
            start = stop.end();
        }
        found.push(block[start..].trim().to_owned());
    }
    found.retain(|sentence| words(sentence) > 1);
    found
}

/// Paragraphs, items and cells, each on one line.
fn blocks(text: &str) -> Vec<String> {
    let item = regex::Regex::new(r"^([-*]|\d+\.) ").unwrap();
    let mut blocks = vec![String::new()];
    let mut is_code = false;
    for line in text.lines().map(str::trim) {
        if line.starts_with("```") {
            is_code = !is_code;
            blocks.push(String::new());
        } else if is_code {
        } else if line.is_empty() || line.starts_with('#') {
            blocks.push(String::new());
        } else if line.starts_with('|') {
            blocks.extend(line.split('|').map(str::to_owned));
            blocks.push(String::new());
        } else {
            if item.is_match(line) {
                blocks.push(String::new());
            }
            let block = blocks.last_mut().unwrap();
            block.push_str(&item.replace(line, ""));
            block.push(' ');
        }
    }
    blocks
}

fn words(sentence: &str) -> usize {
    let is_word = |word: &&str| word.chars().any(char::is_alphanumeric);
    let spans = sentence.split(" · ").map(str::split_whitespace);
    spans
        .map(|words| words.filter(is_word).count())
        .max()
        .unwrap_or(0)
}
