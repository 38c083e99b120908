//! The keys that somebody is found by.

use std::ops::Range;

use super::KEY_BYTES;
use super::fold::{Unit, cut, fold};
use super::spelling;

/// Words of a name that keys begin at. What is behind them is found only from before it.
const WORDS: usize = 16;

/// Characters of a name that are spelled, from each word on.
const SPELLED: usize = 16;

/// Spellings of one name that count, the likelier first.
const SPELLINGS: usize = 6;

/// What a key is of a name. Smaller is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Class {
    /// All of it, or all of it as it is usually spelled.
    Name = 1,
    /// From a word on.
    Word = 2,
    /// The login name, all of it or from a word on.
    Login = 3,
    /// The first letters of words, from a word on.
    Initials = 4,
    /// From a word on, in another spelling.
    Other = 5,
    /// From within a word on.
    Inside = 6,
}

impl Class {
    /// Those that begin where a word does, the best first.
    pub(super) const BEGINNINGS: [Self; 5] = [
        Self::Name,
        Self::Word,
        Self::Login,
        Self::Initials,
        Self::Other,
    ];

    /// The number to keep it as.
    pub const fn code(self) -> u8 {
        self as u8
    }
}

/// Something that begins with what is typed, where somebody is found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// What it is of the name.
    pub class: Class,
    /// Folded, and of at most [`KEY_BYTES`].
    pub text: String,
    pieces: Vec<Piece>,
}

/// What a part of a key stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Piece {
    /// Where it ends in the key, in bytes.
    end: usize,
    /// Where its character begins in the name, in characters.
    from: usize,
    /// Where that ends.
    to: usize,
}

impl Key {
    fn new(class: Class) -> Self {
        Self {
            class,
            text: String::new(),
            pieces: Vec::new(),
        }
    }

    fn push(&mut self, text: &str, unit: &Unit) {
        self.text.push_str(text);
        self.pieces.push(Piece {
            end: self.text.len(),
            from: unit.from,
            to: unit.to,
        });
    }

    /// What of the name stands for this beginning of the key, in characters.
    pub(super) fn marks(&self, prefix: &str) -> Vec<Range<usize>> {
        let before = self
            .pieces
            .iter()
            .take_while(|piece| piece.end < prefix.len());
        let count = (before.count() + 1).min(self.pieces.len());
        let pieces = self.pieces.iter().take(count);
        pieces.map(|piece| piece.from..piece.to).collect()
    }

    fn is_long(&self) -> bool {
        self.text.len() >= KEY_BYTES
    }
}

/// All keys of somebody, each once, by class and text. Bounded: some hundred for the longest of names.
pub fn keys(name: &str, login: &str) -> Vec<Key> {
    let name = Name::new(name);
    let mut keys = Vec::new();
    for &at in name.words.iter().take(WORDS) {
        name.add_from(at, &mut keys);
    }
    let within = (0..name.units.len()).filter(|at| name.words.binary_search(at).is_err());
    keys.extend(within.map(|at| name.text(Class::Inside, at)));
    // One letter is not looked for there.
    keys.retain(|key| key.class != Class::Inside || key.text.chars().nth(1).is_some());
    add_login(login, &mut keys);
    for key in &mut keys {
        key.text.truncate(cut(&key.text, KEY_BYTES).len());
    }
    keys.sort_by(|a, b| (&a.text, a.class).cmp(&(&b.text, b.class)));
    // Whoever is found by the better of two is not looked for by the other. Login names do not always count.
    keys.dedup_by(|worse, better| {
        let are_both = |class| worse.class == class && better.class == class;
        let is_login = worse.class == Class::Login || better.class == Class::Login;
        worse.text == better.text && (!is_login || are_both(Class::Login))
    });
    keys
}

/// A login name is found from its beginning, and from each word before the `@`: what is behind it many share.
fn add_login(login: &str, keys: &mut Vec<Key>) {
    let local = login.split('@').next().unwrap_or(login).chars().count();
    let login = Name::new(login);
    let is_local = |at: usize| login.units.get(at).is_some_and(|unit| unit.from < local);
    let words = login.words.iter().copied();
    let words = words.filter(|at| *at == 0 || is_local(*at)).take(WORDS);
    keys.extend(words.map(|at| login.text(Class::Login, at)));
}

struct Name {
    units: Vec<Unit>,
    /// Where words begin: each Chinese character is one, and a number is.
    words: Vec<usize>,
    /// How each unit is spelled, where it is Chinese.
    readings: Vec<Vec<String>>,
}

impl Name {
    fn new(name: &str) -> Self {
        let units = fold(name);
        let mut readings: Vec<_> = units.iter().map(readings_of).collect();
        let chinese: String = units.iter().map(|unit| unit.text.as_str()).collect();
        for (readings, syllable) in readings.iter_mut().zip(spelling::surname(&chinese)) {
            readings.retain(|reading| reading != syllable);
            readings.insert(0, (*syllable).to_owned());
        }
        let words = words(&units, &readings);
        Self {
            units,
            words,
            readings,
        }
    }

    fn is_chinese(&self, at: usize) -> bool {
        self.readings
            .get(at)
            .is_some_and(|readings| !readings.is_empty())
    }

    /// The keys that begin at a word.
    fn add_from(&self, at: usize, keys: &mut Vec<Key>) {
        let usual = if at == 0 { Class::Name } else { Class::Word };
        keys.push(self.text(usual, at));
        let words = self.words.iter().copied().filter(|word| *word >= at);
        let words: Vec<usize> = words.collect();
        let is_spelled = (at..self.units.len()).any(|at| self.is_chinese(at));
        if !is_spelled && words.len() < 2 {
            return;
        }
        for (rank, spelling) in self.spellings(at).into_iter().enumerate() {
            let class_of = |class| if rank == 0 { class } else { Class::Other };
            if is_spelled {
                keys.push(self.spelled(class_of(usual), at, &spelling));
            }
            if words.len() > 1 {
                keys.push(self.initials(class_of(Class::Initials), at, &words, &spelling, false));
            }
            // As many are called in mail addresses: 王小明 is wangxm.
            if at == 0 && words.len() > 2 && self.is_chinese(0) {
                keys.push(self.initials(class_of(Class::Initials), at, &words, &spelling, true));
            }
        }
    }

    /// As it is written.
    fn text(&self, class: Class, at: usize) -> Key {
        let mut key = Key::new(class);
        for unit in self.units.iter().skip(at) {
            if key.is_long() {
                break;
            }
            key.push(&unit.text, unit);
        }
        key
    }

    /// As it is spelled. A spelling says which reading each unit has.
    fn spelled(&self, class: Class, at: usize, spelling: &[usize]) -> Key {
        let mut key = Key::new(class);
        let units = self.units.iter().enumerate().skip(at);
        for ((at, unit), reading) in units.zip(spelling) {
            key.push(self.reading(at, *reading).unwrap_or(&unit.text), unit);
        }
        key
    }

    /// The first letters of the words; of the first word all letters, where that is wanted.
    fn initials(
        &self,
        class: Class,
        at: usize,
        words: &[usize],
        spelling: &[usize],
        is_first_whole: bool,
    ) -> Key {
        let mut key = Key::new(class);
        for word in words {
            let Some(unit) = self.units.get(*word) else {
                continue;
            };
            let reading = spelling.get(*word - at).copied().unwrap_or(0);
            let text = self.reading(*word, reading).unwrap_or(&unit.text);
            let first = text.chars().next().map_or(0, char::len_utf8);
            let is_whole = is_first_whole && *word == at;
            key.push(if is_whole { text } else { &text[..first] }, unit);
            if key.is_long() {
                break;
            }
        }
        key
    }

    fn reading(&self, at: usize, reading: usize) -> Option<&String> {
        let readings = self.readings.get(at)?;
        readings.get(reading).or_else(|| readings.first())
    }

    /// Which reading each unit from here on may have: the usual ones first, then those with few unusual ones.
    fn spellings(&self, at: usize) -> Vec<Vec<usize>> {
        let mut spellings: Vec<Vec<usize>> = vec![Vec::new()];
        for readings in self.readings.iter().skip(at).take(SPELLED) {
            let longer = spellings.iter().flat_map(|spelling| {
                (0..readings.len().max(1)).map(|reading| {
                    let mut spelling = spelling.clone();
                    spelling.push(reading);
                    spelling
                })
            });
            let mut longer: Vec<_> = longer.collect();
            // Stable: of two that are as unusual, the one stays first whose earlier characters are usual.
            longer.sort_by_key(|spelling| spelling.iter().sum::<usize>());
            longer.truncate(SPELLINGS);
            spellings = longer;
        }
        spellings
    }
}

fn readings_of(unit: &Unit) -> Vec<String> {
    let mut chars = unit.text.chars();
    match (chars.next(), chars.next()) {
        (Some(c), None) => spelling::readings(c),
        _ => Vec::new(),
    }
}

fn words(units: &[Unit], readings: &[Vec<String>]) -> Vec<usize> {
    let is_chinese = |at: usize| readings.get(at).is_some_and(|found| !found.is_empty());
    let is_number = |unit: &Unit| unit.text.starts_with(char::is_numeric);
    let begins = |at: &usize| match (units.get(at.wrapping_sub(1)), units.get(*at)) {
        (None, unit) => unit.is_some(),
        (Some(before), Some(unit)) => {
            let changes_to_number = is_number(unit) && !is_number(before);
            unit.follows_gap || is_chinese(*at) || is_chinese(at - 1) || changes_to_number
        }
        (Some(_), None) => false,
    };
    (0..units.len()).filter(begins).collect()
}
