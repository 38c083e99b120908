//! Whom a few typed letters find: the keys that a name has, and in which order they count.
//!
//! service → **people** → engine
//!
//! Owns: how names and queries are folded, how Chinese names are spelled, and which match stands before which.
//! Promises: pure, and the same for every engine. An engine keeps the [`keys()`] of each user, looks through stretches of
//! them as a [`Query`] says, and knows no rule of its own.
//! Not here: who may search, and whose login names are shown (`service`).
//!
//! ```text
//! 王小明   Name      王小明  wangxiaoming        Word  小明  xiaoming  明  ming
//!          Initials  wxm  xm  wangxm             Other yuxiaoming …
//! Ann Weber  Name    annweber                    Word  weber        Initials  aw     Inside  nnweber  eber …
//! ```

mod fold;
mod keys;
mod spelling;

use std::ops::Range;

pub use keys::{Class, Key, keys};

use fold::{cut, fold};

/// The version of the rules behind [`keys()`]. With another one, an engine makes all keys anew.
pub const KEYS_RULE: u32 = 1;

/// A key and the part of a query that it is compared with, in bytes. What a longer name has beyond it is not compared.
pub const KEY_BYTES: usize = 48;

/// Keys that a search may look at before it gives up, for whatever query.
pub const KEYS_LOOKED_AT: usize = 2000;

/// People whose names a search may read to see whether they have all words of a query, for whatever query.
pub const PEOPLE_CHECKED: usize = 500;

/// Words of a query that may stand in another order than in the name. With more, the order has to be the name's.
const WORDS: usize = 6;

/// Words of a query that are put together in every order.
const ORDERED: usize = 3;

/// What somebody typed to find somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// All of it, folded, without what stands between words.
    whole: String,
    /// The same with the words in each other order, where they are few.
    orders: Vec<String>,
    /// The words, folded; empty where their order has to be the name's.
    words: Vec<String>,
    by_login: bool,
}

/// A stretch of the keys to look through: those of a class that begin alike, by key and then by user id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look<'a> {
    /// The class.
    pub class: Class,
    /// What the keys begin with.
    pub prefix: &'a str,
    /// Of those found in it, only the ones count that [have all words](Query::has_all_words).
    pub needs_all_words: bool,
}

impl Query {
    /// Reads what was typed. `None` where there is nothing in it to look for. With `by_login`, login names count as well as
    /// names.
    pub fn parse(typed: &str, by_login: bool) -> Option<Self> {
        let mut words: Vec<String> = Vec::new();
        for unit in fold(typed) {
            match words.last_mut() {
                Some(word) if !unit.follows_gap => word.push_str(&unit.text),
                _ => words.push(unit.text),
            }
        }
        let whole = cut(&words.concat(), KEY_BYTES).to_owned();
        let orders = other_orders(&words, &whole);
        for word in &mut words {
            word.truncate(cut(word, KEY_BYTES).len());
        }
        words.sort_unstable_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        words.dedup();
        if words.len() == 1 || words.len() > WORDS {
            words.clear();
        }
        (!whole.is_empty()).then_some(Self {
            whole,
            orders,
            words,
            by_login,
        })
    }

    /// The stretches to look through, the best first. Somebody found in one counts as found there, and in none of those
    /// behind it.
    pub fn looks(&self) -> Vec<Look<'_>> {
        let mut looks = Vec::new();
        for prefix in std::iter::once(&self.whole).chain(&self.orders) {
            looks.extend(self.beginnings().map(|class| Look {
                class,
                prefix,
                needs_all_words: false,
            }));
        }
        if let Some(longest) = self.words.first() {
            looks.extend(self.beginnings().map(|class| Look {
                class,
                prefix: longest,
                needs_all_words: true,
            }));
        }
        // One letter is inside of nearly everybody.
        if self.whole.chars().nth(1).is_some() {
            looks.push(Look {
                class: Class::Inside,
                prefix: &self.whole,
                needs_all_words: false,
            });
        }
        looks
    }

    /// Whether each word of the query begins a word of this name, in any order.
    pub fn has_all_words(&self, name: &str, login: &str) -> bool {
        let keys = keys(name, login);
        let begins = |word: &String| {
            let fits = |key: &Key| self.counts(key.class) && key.text.starts_with(word.as_str());
            keys.iter().any(fits)
        };
        self.words.iter().all(begins)
    }

    /// The parts of a name that the query is found by, in characters (not bytes), ascending. None where it is found by the
    /// login name.
    pub fn marks(&self, name: &str) -> Vec<Range<usize>> {
        let keys = keys(name, "");
        let best = |look: Look<'_>| {
            let fits = |key: &&Key| key.class == look.class && key.text.starts_with(look.prefix);
            keys.iter().filter(fits).min_by(|a, b| a.text.cmp(&b.text))
        };
        let mut marks = Vec::new();
        for look in self.looks() {
            if !look.needs_all_words {
                let Some(key) = best(look) else { continue };
                marks = key.marks(look.prefix);
            } else if self.has_all_words(name, "") {
                for word in &self.words {
                    let looks = self.beginnings().map(|class| Look {
                        class,
                        prefix: word,
                        needs_all_words: false,
                    });
                    let found = looks.filter_map(best).next();
                    marks.extend(found.into_iter().flat_map(|key| key.marks(word)));
                }
            } else {
                continue;
            }
            break;
        }
        join(marks)
    }

    /// The classes of keys that begin where a word does, the best first.
    fn beginnings(&self) -> impl Iterator<Item = Class> {
        Class::BEGINNINGS
            .into_iter()
            .filter(|class| self.counts(*class))
    }

    fn counts(&self, class: Class) -> bool {
        match class {
            Class::Login => self.by_login,
            Class::Inside => false,
            Class::Name | Class::Word | Class::Initials | Class::Other => true,
        }
    }
}

/// A few words put together in each order but the one that is there already.
fn other_orders(words: &[String], whole: &str) -> Vec<String> {
    if words.len() > ORDERED {
        return Vec::new();
    }
    let mut orders = vec![(String::new(), words.to_vec())];
    for _ in words {
        let longer = orders.iter().flat_map(|(begun, left)| {
            (0..left.len()).map(move |at| {
                let mut left = left.clone();
                let word = left.remove(at);
                (format!("{begun}{word}"), left)
            })
        });
        orders = longer.collect();
    }
    let mut others: Vec<String> = Vec::new();
    for (order, _) in orders {
        let order = cut(&order, KEY_BYTES);
        if order != whole && others.iter().all(|other| other != order) {
            others.push(order.to_owned());
        }
    }
    others
}

/// Puts together what touches.
fn join(mut marks: Vec<Range<usize>>) -> Vec<Range<usize>> {
    marks.sort_unstable_by_key(|mark| (mark.start, mark.end));
    let mut joined: Vec<Range<usize>> = Vec::with_capacity(marks.len());
    for mark in marks {
        match joined.last_mut() {
            Some(last) if mark.start <= last.end => last.end = last.end.max(mark.end),
            _ => joined.push(mark),
        }
    }
    joined
}

#[cfg(test)]
mod tests;
