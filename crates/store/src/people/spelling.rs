//! How Chinese characters are spelled in Latin letters.
//!
//! Owns: which of a character's readings count, and which of them is the first. The readings themselves are of the
//! `pinyin` crate, without tones.

use pinyin::ToPinyinMulti;

/// Readings of one character that count. Beyond them stand those of old texts.
const READINGS: usize = 3;

/// Surnames that are read otherwise than the same character elsewhere.
const SURNAMES: &[(&str, &[&str])] = &[
    ("万俟", &["mo", "qi"]),
    ("尉迟", &["yu", "chi"]),
    ("澹台", &["tan", "tai"]),
    ("单于", &["chan", "yu"]),
    ("乐", &["yue"]),
    ("么", &["yao"]),
    ("乜", &["nie"]),
    ("仇", &["qiu"]),
    ("佴", &["nai"]),
    ("冼", &["xian"]),
    ("区", &["ou"]),
    ("區", &["ou"]),
    ("单", &["shan"]),
    ("單", &["shan"]),
    ("卜", &["bu"]),
    ("句", &["gou"]),
    ("召", &["shao"]),
    ("员", &["yun"]),
    ("員", &["yun"]),
    ("折", &["she"]),
    ("曾", &["zeng"]),
    ("朴", &["piao"]),
    ("查", &["zha"]),
    ("樂", &["yue"]),
    ("洗", &["xian"]),
    ("盖", &["ge"]),
    ("祭", &["zhai"]),
    ("种", &["chong"]),
    ("秘", &["bi"]),
    ("繁", &["po"]),
    ("繆", &["miao"]),
    ("缪", &["miao"]),
    ("翟", &["zhai"]),
    ("蓋", &["ge"]),
    ("薄", &["bo"]),
    ("覃", &["qin"]),
    ("解", &["xie"]),
    ("郇", &["xun"]),
    ("都", &["du"]),
    ("重", &["chong"]),
];

/// The readings of a character, the usual one first; none where it is not Chinese.
pub(super) fn readings(c: char) -> Vec<String> {
    let mut readings = Vec::new();
    let found = c.to_pinyin_multi().into_iter().flatten();
    let mut add = |reading: String| {
        let is_spelled = !reading.is_empty() && reading.bytes().all(|b| b.is_ascii_lowercase());
        if is_spelled && !readings.contains(&reading) && readings.len() < READINGS {
            readings.push(reading);
        }
    };
    for reading in found {
        let reading = reading.plain();
        if reading.contains('ü') {
            // As in passports of old, as it is typed, and as in those of today.
            for letter in ["u", "v", "yu"] {
                add(reading.replace('ü', letter));
            }
        } else {
            add(reading.replace('ê', "e"));
        }
    }
    readings
}

/// How the surname that a name begins with is read: a syllable for each of its characters. Empty where it is read as the
/// same characters elsewhere.
pub(super) fn surname(name: &str) -> &'static [&'static str] {
    let found = SURNAMES
        .iter()
        .find(|(surname, _)| name.starts_with(surname));
    found.map_or(&[], |(_, syllables)| syllables)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_character_has_a_few_readings() {
        assert_eq!(readings('小'), ["xiao"]);
        assert_eq!(readings('重'), ["zhong", "chong", "tong"]);
        assert_eq!(readings('吕'), ["lu", "lv", "lyu"]);
        assert_eq!(readings('張'), ["zhang"]);
        assert!(readings('a').is_empty() && readings('か').is_empty() && readings('👍').is_empty());
    }

    #[test]
    fn each_surname_is_spelled_by_its_characters() {
        for (surname, syllables) in SURNAMES {
            assert_eq!(surname.chars().count(), syllables.len(), "{surname}");
            assert!(
                surname.chars().all(|c| !readings(c).is_empty()),
                "{surname}"
            );
            assert_eq!(super::surname(surname), *syllables);
        }
        assert!(surname("王").is_empty());
    }
}
