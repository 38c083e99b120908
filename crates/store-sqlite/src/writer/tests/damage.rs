//! A journal that is damaged, and one that only looks so.

use super::*;

/// Where each of the batches begins that begin as batches do.
fn beginnings(file: &[u8]) -> Vec<usize> {
    let end = file.iter().rposition(|byte| *byte != 0).unwrap_or(0);
    let begins = |at: &usize| file[*at..].starts_with(b"HyJ\x04");
    (0..end).filter(begins).collect()
}

/// The file that has them, and where these begin.
fn journaled_file(path: &Path) -> (PathBuf, Vec<u8>, Vec<usize>) {
    let files = journal::paths(path).into_iter().map(|path| {
        let bytes = std::fs::read(&path).unwrap();
        let batches = beginnings(&bytes);
        (path, bytes, batches)
    });
    files.max_by_key(|(_, _, batches)| batches.len()).unwrap()
}

#[tokio::test]
async fn a_wrong_bit_within_the_journal_is_told_from_a_batch_that_was_cut_short() {
    let case = Case::new().await;
    let texts = ["0", "1", "2", "3", "4", "5"];
    let _lock = texts_in_the_journal(&case, &texts).await;
    let batches = journaled_file(&crashed(&case).1).2.len();
    assert_eq!(batches, texts.len() - 1);
    for at in 0..batches {
        let (folder, path) = crashed_at_home(&case);
        let (file, mut bytes, beginnings) = journaled_file(&path);
        // Somewhere behind the head of the batch.
        bytes[beginnings[at] + 30] ^= 1;
        std::fs::write(file, bytes).unwrap();
        let report = check_file(&path, &mut |_| ()).unwrap();
        if at + 1 == batches {
            // As after a loss of power, where nobody was answered.
            assert!(report.is_clean(), "{:#?}", report.faults);
            let again = case.opened(folder, &path);
            assert_eq!(again.texts().await, texts[..batches], "the last is gone");
            continue;
        }
        let said = format!("{:?}", report.faults);
        assert!(
            said.contains("cannot be read, and later ones can"),
            "{said}"
        );
        let refused = SqliteStore::open(&path, &Options::default()).err().unwrap();
        assert!(matches!(refused, OpenError::Journal { .. }), "{refused}");
        let refused = SqliteStore::open(&path, &Options::default()).err().unwrap();
        assert!(refused.to_string().contains("check --repair"), "{refused}");

        let repaired = repair_file(&path, &mut |_| ()).unwrap();
        assert!(repaired.report.is_clean(), "{repaired:#?}");
        assert_eq!(repaired.salvage.as_told, at as u64, "{repaired:#?}");
        let moved = batches - at - 1;
        assert_eq!(repaired.salvage.moved.len(), moved, "what came behind it");
        assert_eq!(repaired.salvage.lost, Vec::<String>::new());
        assert_ne!(epoch(&path), epoch(&case.path()), "clients read it anew");
        let again = case.opened(folder, &path);
        let mut left = texts.to_vec();
        left.remove(at + 1);
        assert_eq!(
            again.texts().await,
            left,
            "all but the one that cannot be read"
        );
        again.assert_clean().await;
    }
}

fn epoch(path: &Path) -> String {
    let select = "SELECT epoch FROM identity";
    Connection::open(path)
        .unwrap()
        .query_row(select, [], |row| row.get(0))
        .unwrap()
}

/// All of these texts said, the first of them in the tables, the others only in the journal, for as long as the lock is
/// held.
async fn texts_in_the_journal(case: &Case, texts: &[&str]) -> Connection {
    case.seq("c0", texts[0]).await.unwrap();
    case.settle().await;
    let lock = locked(case).await;
    // Of one batch each, in the file that is not being carried out.
    for (at, text) in texts.iter().enumerate().skip(1) {
        case.seq(&format!("c{at}"), text).await.unwrap();
    }
    lock
}

#[tokio::test]
async fn a_journal_that_is_missing_or_emptied_is_a_damage_but_not_beside_a_copy() {
    type Damage<'a> = &'a dyn Fn(&Path);
    let remove: Damage<'_> = &|path| std::fs::remove_file(path).unwrap();
    let empty: Damage<'_> = &|path| std::fs::write(path, b"").unwrap();
    let zeros: Damage<'_> = &|path| std::fs::write(path, vec![0; 5000]).unwrap();
    for damage in [remove, empty, zeros] {
        for which in 0..2 {
            let case = Case::new().await;
            let _lock = texts_in_the_journal(&case, &["first", "second"]).await;
            let (_folder, path) = crashed_at_home(&case);
            damage(&journal::paths(&path)[which]);
            let report = check_file(&path, &mut |_| ()).unwrap();
            assert!(!report.is_clean());
            let refused = SqliteStore::open(&path, &Options::default()).err().unwrap();
            assert!(matches!(refused, OpenError::Journal { .. }), "{refused}");
            let repaired = repair_file(&path, &mut |_| ()).unwrap();
            assert!(repaired.report.is_clean(), "{repaired:#?}");
            assert!(SqliteStore::open(&path, &Options::default()).is_ok());

            let (folder, path) = crashed(&case);
            for file in journal::paths(&path) {
                damage(&file);
            }
            let copy = case.opened(folder, &path);
            assert_eq!(copy.texts().await, ["first"]);
        }
    }
}

#[tokio::test]
async fn a_journal_that_makes_no_sense_is_reported_and_not_carried_out() {
    let case = Case::new().await;
    case.seq("c1", "first").await.unwrap();
    case.settle().await;
    case.seq("c2", "second").await.unwrap();
    let sql = |damage: &'static str| {
        move |path: &Path| {
            Connection::open(path).unwrap().execute(damage, []).unwrap();
        }
    };
    let append =
        |payload: fn() -> Payload| move |path: &Path| journal::append_by_hand(path, payload());
    type Damage<'a> = &'a dyn Fn(&Path);
    let damages: [(&str, Damage<'_>); 5] = [
        (
            "batches are missing",
            &sql("UPDATE counters SET value = value - 1 WHERE name = 'journal'"),
        ),
        ("the sender is no member", &sql("DELETE FROM members")),
        (
            "the log is longer",
            &sql("UPDATE conversations SET head = 5"),
        ),
        ("a message twice", &append(|| payload_of("c2", 2))),
        ("a hole", &append(|| payload_of("c4", 4))),
    ];
    for (what, damage) in damages {
        let (_folder, path) = crashed(&case);
        damage(&path);
        let report = check_file(&path, &mut |_| ()).unwrap();
        assert!(!report.is_clean(), "{what}");
        let opened = SqliteStore::open(&path, &Options::default());
        assert!(matches!(opened, Err(OpenError::Journal { .. })), "{what}");
    }
}
