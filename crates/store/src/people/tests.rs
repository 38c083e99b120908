use super::*;

/// How well somebody is found: the number of the look, and the key.
fn found(query: &str, name: &str) -> Option<(usize, String)> {
    by_any(query, name, "", false)
}

fn by_any(query: &str, name: &str, login: &str, by_login: bool) -> Option<(usize, String)> {
    let query = Query::parse(query, by_login)?;
    let keys = keys(name, login);
    query.looks().iter().enumerate().find_map(|(at, look)| {
        let fits = |key: &&Key| key.class == look.class && key.text.starts_with(look.prefix);
        let best = keys.iter().filter(fits).map(|key| key.text.clone()).min()?;
        (!look.needs_all_words || query.has_all_words(name, login)).then_some((at, best))
    })
}

/// The name with brackets around what the query is found by.
fn marked(query: &str, name: &str) -> String {
    let marks = Query::parse(query, false).unwrap().marks(name);
    let mut drawn = String::new();
    for (at, c) in name.chars().enumerate() {
        if marks.iter().any(|mark| mark.start == at) {
            drawn.push('[');
        }
        drawn.push(c);
        if marks.iter().any(|mark| mark.end == at + 1) {
            drawn.push(']');
        }
    }
    drawn
}

#[test]
fn a_chinese_name_is_found_however_it_is_spelled() {
    for query in [
        "王小明",
        "王",
        "小明",
        "明",
        "wangxiaoming",
        "WANGXIAO",
        "wang x",
        "wang xiao ming",
        "Wang, Xiaoming",
        "xiaoming",
        "xiaoming wang",
        "ming",
        "wxm",
        "WXM",
        "xm",
        "wangxm",
        "ｗｘｍ",
        "w",
        "明 王",
        "王 xiaoming",
        "w'x'm",
    ] {
        assert!(found(query, "王小明").is_some(), "{query}");
    }
    for query in [
        "小王", "mingxiao", "wm", "angx", "wxmn", "王明", "w m x z", "x wang z",
    ] {
        assert_eq!(found(query, "王小明"), None, "{query}");
    }
}

#[test]
fn characters_with_several_readings_are_found_by_each() {
    for (name, queries) in [
        (
            "单雄信",
            &["shanxiongxin", "danxiongxin", "sxx", "dxx", "shan"][..],
        ),
        ("重阳", &["chongyang", "zhongyang", "cy", "zy"]),
        ("曾国藩", &["zengguofan", "cengguofan", "zgf", "cgf"]),
        ("尉迟恭", &["yuchigong", "weichigong", "ycg"]),
        ("吕布", &["lubu", "lvbu", "lyubu", "lü bu"]),
        ("李乐", &["lile", "liyue", "ll", "ly"]),
    ] {
        for query in queries {
            assert!(found(query, name).is_some(), "{query} for {name}");
        }
    }
    // The surname's own reading stands before that of the word.
    assert!(found("zeng", "曾国藩") < found("ceng", "曾国藩"));
    assert!(found("yue", "乐毅") < found("le", "乐毅"));
    // And who is really read so before who may be.
    assert!(found("yu", "于丹") < found("yu", "王丹"));
}

#[test]
fn other_names_are_found_by_words_initials_and_from_inside() {
    for query in [
        "ann",
        "ANN W",
        "annweber",
        "weber",
        "weber ann",
        "w a",
        "aw",
        "ｗｅｂ",
        "nn",
        "ebe",
        "Wéber",
        "we  ber",
    ] {
        assert!(found(query, "Ann Weber").is_some(), "{query}");
    }
    for query in [
        "n",
        "anm",
        "wa",
        "weber anna",
        "awx",
        "goose",
        "Ann Weber Jr",
    ] {
        assert_eq!(found(query, "Ann Weber"), None, "{query}");
    }
    assert!(found("259", "Dmitri Nr259").is_some());
    assert!(found("oneill", "Seán O’Neill").is_some() && found("o'neill", "Seán ONeill").is_some());
    assert!(
        found("さく", "木下さくら").is_some()
            && found("김", "김철수").is_some()
            && found("👍", "👍").is_some()
    );
    assert_eq!(
        found("goose", "Hubert Wolfeschlegelsteinhausenbergerdorff"),
        None
    );
}

#[test]
fn better_matches_stand_first() {
    let names = [
        "Lin",
        "Lin Dan",
        "林丹",
        "Linus",
        "Hanna Lin",
        "Laura Ida Noll",
        "Colin",
    ];
    let ranks: Vec<_> = names
        .iter()
        .map(|name| found("lin", name).unwrap())
        .collect();
    assert!(ranks.is_sorted(), "{ranks:?}");
    let typed = ["wang", "xiaoming", "wxm", "iaoming"];
    let ranks: Vec<_> = typed
        .iter()
        .map(|query| found(query, "Wang Xiaoming Ma").map(|(at, _)| at))
        .collect();
    assert!(ranks.is_sorted(), "{ranks:?}");
}

#[test]
fn login_names_count_only_where_they_are_shown() {
    let weber = |query, by_login| by_any(query, "Ann", "a.weber-k@example.org", by_login).is_some();
    for query in [
        "a.weber",
        "aweber",
        "weber",
        "K",
        "a.weber-k@example.org",
        "ann weber",
    ] {
        assert!(weber(query, true), "{query}");
        assert!(!weber(query, false), "{query}");
    }
    assert!(!weber("example", true), "many share it");
}

#[test]
fn what_is_found_is_marked() {
    for (query, name, expected) in [
        ("wangx", "王小明", "[王小]明"),
        ("xm", "王小明", "王[小明]"),
        ("wangxm", "王小明", "[王小明]"),
        ("小", "王小明", "王[小]明"),
        ("weber ann", "Ann Weber", "[Ann] [Weber]"),
        ("annw", "Ann Weber", "[Ann] [W]eber"),
        ("aw", "Ann Weber", "[A]nn [W]eber"),
        ("eb", "Ann Weber", "Ann W[eb]er"),
        ("jur", "Ju\u{308}rgen", "[Ju\u{308}r]gen"),
        ("zeng", "曾国", "[曾]国"),
        ("bob", "Ann", "Ann"),
    ] {
        assert_eq!(marked(query, name), expected, "{query}");
    }
}

#[test]
fn nothing_to_look_for_is_no_query() {
    for typed in ["", " ", "-", "\u{3000}", "\u{200b}", "（）"] {
        assert_eq!(Query::parse(typed, true), None, "{typed:?}");
    }
    let classes: Vec<_> = Query::parse("n", true)
        .unwrap()
        .looks()
        .iter()
        .map(|look| look.class)
        .collect();
    assert!(!classes.contains(&Class::Inside));
}

#[test]
fn whatever_the_name_its_keys_are_few_and_short() {
    let hostile = [
        "单重曾".repeat(15),
        "a ".repeat(64),
        "a1".repeat(64),
        "㏂".repeat(42),
        "ﷺ".repeat(42),
        "x".repeat(128),
        "王a".repeat(32),
        "\u{1100}".repeat(42),
        format!("a{}", "\u{301}".repeat(63)),
    ];
    for name in hostile {
        let keys = keys(&name, &name);
        assert!(keys.len() <= 500, "{} of {name}", keys.len());
        assert!(
            keys.iter()
                .all(|key| key.text.len() <= KEY_BYTES && !key.text.is_empty())
        );
        for typed in [name.repeat(20), format!("{name}, b c")] {
            let query = Query::parse(&typed, true).unwrap();
            // In each order of three words, by the longest word, and inside.
            assert!(query.looks().len() <= 7 * Class::BEGINNINGS.len() + 1);
            query.marks(&name);
        }
    }
}

#[test]
fn a_long_name_is_found_when_it_is_typed_whole() {
    for name in [
        "Hubert Blaine Wolfeschlegelsteinhausenbergerdorff Senior",
        &"爱新觉罗".repeat(10),
        &"é".repeat(60),
    ] {
        assert!(found(name, name).is_some(), "{name}");
    }
}

/// What was kept under these rules stays there. Where this fails, the rules changed: count [`KEYS_RULE`] up, so that
/// engines make all keys anew, and write the new number here.
#[test]
fn the_rules_are_those_of_their_version() {
    use sha2::{Digest, Sha256};
    let mut digest = Sha256::new();
    let chinese = ('\u{4e00}'..='\u{9fff}').chain('\u{3400}'..='\u{4dbf}');
    let names = chinese.map(|c| format!("{c}{c}")).chain(
        [
            "Ann Weber",
            "O’Neill-Smith 3rd",
            "Ｊürgen ẞ",
            "王Ann",
            "김철수",
            "尉迟重曾",
            "Łukasz",
        ]
        .map(str::to_owned),
    );
    for name in names {
        for key in keys(&name, "a.weber@example.org") {
            digest.update([key.class.code()]);
            digest.update(key.text);
            digest.update([0]);
        }
    }
    let digest = u64::from_be_bytes(*digest.finalize().first_chunk().unwrap());
    assert_eq!(
        (KEYS_RULE, format!("{digest:016x}")),
        (1, "ceed580d61736a3d".into())
    );
}
