//! What files hold, well and badly, and what is wrong with their paths.

use super::{FileSource, files};
use crate::connector::probe::{self, Read};
use crate::connector::{Endpoint, ReadBuffer, Source};
use crate::error::ErrorKind;
use crate::formats::{Json, Lines};
use futures::FutureExt;
use proptest::prelude::*;
use std::fs;
use std::path::PathBuf;
use tempfile::TempDir;

#[derive(serde::Deserialize, serde::Serialize, Clone, Debug, PartialEq)]
struct Order {
    id: i64,
    amount: i64,
}

/// A folder with files of that content.
fn folder(contents: &[(&str, &[u8])]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in contents {
        fs::write(folder.path().join(name), content).unwrap();
    }
    folder
}

fn one(content: &[u8]) -> (TempDir, PathBuf) {
    let folder = folder(&[("file", content)]);
    let path = folder.path().join("file");
    (folder, path)
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

fn read<S: Source>(source: S) -> Read<S::Item> {
    block_on(probe::read_all(source, 3)).unwrap()
}

fn json(path: &std::path::Path) -> FileSource<Lines<Json<Order>>> {
    files(path).json_lines()
}

#[test]
fn lines_and_their_numbers() {
    for (content, wanted) in [
        ("", vec![]),
        ("a", vec![("a", 1)]),
        ("a\n", vec![("a", 1)]),
        ("a\r\nb", vec![("a", 1), ("b", 2)]),
        ("\n\nb\n", vec![("", 1), ("", 2), ("b", 3)]),
        ("\u{FEFF}a\n\u{FEFF}b\n", vec![("a", 1), ("\u{FEFF}b", 2)]),
        ("\u{FEFF}", vec![]),
    ] {
        let (_folder, path) = one(content.as_bytes());
        let read = read(files(path).lines());
        let found: Vec<_> =
            read.rows.iter().map(String::as_str).zip(read.places.iter().map(|place| place.1.unwrap())).collect();
        assert_eq!(found, wanted, "{content:?}");
        assert_eq!(read.ended, [0], "{content:?}");
    }
}

#[test]
fn malformed_lines_have_number_bytes_and_reason() {
    let content =
        b"{\"id\":1,\"amount\":5}\r\n  \n{\"id\":2}\r\n\xFF\xFE\n{\"id\":3,\"amount\":7} x\n\n{\"id\":4,\"amount\":8}";
    let (_folder, path) = one(content);
    let read = read(json(&path));
    assert_eq!(read.rows, [Order { id: 1, amount: 5 }, Order { id: 4, amount: 8 }]);
    assert_eq!(read.places, [(0, Some(1)), (0, Some(7))]);
    let malformed: Vec<_> =
        read.malformed.iter().map(|bad| (bad.offset.unwrap(), &bad.original[..], bad.reason.as_str())).collect();
    assert_eq!(
        malformed,
        [
            (3, &b"{\"id\":2}"[..], "missing field `amount` (column 8)"),
            (4, b"\xFF\xFE", "not UTF-8: byte 0xFF in column 1"),
            (5, b"{\"id\":3,\"amount\":7} x", "trailing characters (column 21)"),
        ]
    );
}

/// A record may have as many bytes as the limit says and not one more, wherever blocks end.
#[test]
fn a_line_beyond_the_limit_is_malformed() {
    for longest in [1, 10, 4095, 4096, 262_143, 262_144, 262_145, 600_000] {
        for ending in ["\n", "\r\n"] {
            let mut content = String::new();
            for length in [longest, longest + 1, longest, longest * 3 + 5, longest] {
                content += &"x".repeat(length);
                content += ending;
            }
            let (_folder, path) = one(content.as_bytes());
            let read = read(files(path).lines().longest_record(longest));
            assert_eq!(read.rows.iter().map(String::len).collect::<Vec<_>>(), [longest; 3], "{longest} {ending:?}");
            assert_eq!(read.places, [(0, Some(1)), (0, Some(3)), (0, Some(5))]);
            assert_eq!(read.malformed.iter().map(|bad| bad.offset.unwrap()).collect::<Vec<_>>(), [2, 4]);
            for (bad, length) in read.malformed.iter().zip([longest + 1, longest * 3 + 5]) {
                assert!(bad.original.iter().all(|&byte| byte == b'x' || byte == b'\r'), "nothing of the next line");
                assert!(bad.original.len().abs_diff(length.min(4096)) <= 1);
            }
        }
    }
}

#[test]
fn a_restored_reader_reads_the_rest() {
    let mut content = b"\xEF\xBB\xBF".to_vec();
    for id in 0..200 {
        match id % 7 {
            3 => content.extend(b"bad\n"),
            5 => content.extend(b"\r\n"),
            _ => content.extend(format!("{{\"id\":{id},\"amount\":{}}}\n", id * 2).bytes()),
        }
    }
    let (_folder, path) = one(&content);
    for batch_size in [1, 3, 64, 1000] {
        block_on(probe::check_restore(|| json(&path), batch_size));
    }
}

#[test]
fn several_files_are_read_side_by_side_each_with_its_own_lines() {
    let names: Vec<_> = (0..40).map(|at| format!("part-{at:02}.txt")).collect();
    let content: String = (0..50).map(|line| format!("{line}\n")).collect();
    let mut contents: Vec<_> = names.iter().map(|name| (name.as_str(), content.as_bytes())).collect();
    contents.extend([("other", &b"not read"[..]), (".part-hidden.txt", b"not read")]);
    let folder = folder(&contents);
    fs::create_dir(folder.path().join("part-folder.txt")).unwrap();
    let pattern = folder.path().join("part-*.txt");

    let splits = block_on(files(&pattern).lines().splits(&probe::source_context(3))).unwrap();
    let wanted: Vec<_> = names.iter().map(|name| folder.path().join(name).display().to_string()).collect();
    assert_eq!(splits.iter().map(|split| split.name.to_string()).collect::<Vec<_>>(), wanted);

    let read = read(files(&pattern).lines());
    for split in 0..names.len() {
        let lines = read.places.iter().zip(&read.rows).filter(|(place, _)| place.0 == split);
        let lines: Vec<_> = lines.map(|(place, row)| (place.1.unwrap(), row.clone())).collect();
        assert_eq!(lines, (0..50).map(|line| (line + 1, line.to_string())).collect::<Vec<_>>());
    }
    let first_ended = read.ended[0];
    assert!(read.places[..200].iter().any(|place| place.0 != first_ended), "files are read in turn");
    assert_eq!(read.ended.len(), names.len());
}

#[test]
fn nothing_is_lost_when_reading_is_dropped() {
    let content: String = (0..5000).map(|line| format!("{line}\n")).collect();
    let (_folder, path) = one(content.as_bytes());
    let rows = block_on(async {
        let mut source = files(path).lines();
        let mut reader = probe::open(&mut source, &probe::source_context(100), None).await.unwrap();
        let mut buffer = ReadBuffer::new(100, true);
        for _ in 0..20 {
            if reader.read(&mut buffer).now_or_never().is_some() {
                break;
            }
            tokio::task::yield_now().await;
        }
        let mut rows: Vec<_> = buffer
            .take()
            .into_iter()
            .flat_map(|event| match event {
                crate::connector::Event::Records { batch, .. } => batch.into_items(),
                _ => Vec::new(),
            })
            .collect();
        rows.extend(probe::read_rest(&mut *reader, 100).await.unwrap().rows);
        rows
    });
    assert_eq!(rows, content.lines().collect::<Vec<_>>());
}

#[test]
fn what_is_wrong_with_a_path() {
    let folder = folder(&[("file", b"x"), ("file[1]", b"y")]);
    let at = |name: &str| folder.path().join(name);
    fs::create_dir(at("folder")).unwrap();
    for (path, wanted) in [
        (at("none.jsonl"), "wrong setting: no such file: `{}` (check the path)"),
        ("none.jsonl".into(), "wrong setting: no such file: `{}` (check the path; it starts at the current directory)"),
        (at("folder"), "wrong setting: `{}` is a directory (to read the files in it: `{}/*`)"),
        (at("*.jsonl"), "wrong setting: no file matches `{}` (check the pattern)"),
        (at("fold*"), "wrong setting: no file matches `{}` (check the pattern)"),
        (at("file/x"), "wrong setting: no such file: `{}` (a part of the path that stands for a directory is a file)"),
        (at("fi[le"), "wrong setting: `{}` is no pattern of files: Pattern syntax error near position"),
    ] {
        let error = block_on(probe::read_all(files(&path).lines(), 3)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        let wanted = wanted.replace("{}", &path.display().to_string());
        assert!(error.to_string().starts_with(&wanted), "{error}\n{wanted}");
        assert_eq!(error.to_string().lines().count(), 1);
    }
    assert_eq!(read(files(at("file[1]")).lines()).rows, ["y"], "a file of just that name comes first");
}

#[test]
fn a_file_that_became_shorter_is_refused() {
    let (_folder, path) = one(b"1\n2\n3\n4\n");
    let position = read(files(&path).lines()).calls[0].1.clone();
    fs::write(&path, b"1\n").unwrap();
    let error = block_on(probe::read_from(files(&path).lines(), 3, position)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Snapshot);
}

#[test]
fn the_ir_holds_path_and_format() {
    let source: FileSource<Lines<Json<Order>>> = files("orders/*.jsonl").json_lines();
    assert_eq!(source.describe(), Endpoint::described("file").format("json").option("path", "orders/*.jsonl"));
}

#[cfg(feature = "csv")]
#[test]
fn csv_goes_on_with_its_header() {
    let mut content = "\u{FEFF}\nid,amount\n".to_owned();
    for id in 0..100 {
        content += &if id % 9 == 4 { "x\n".to_owned() } else { format!("{id},\"{}\"\r\n", id * 3) };
    }
    let (_folder, path) = one(content.as_bytes());
    let found = read(files(&path).csv::<Order>());
    assert_eq!((found.rows.len(), found.malformed.len()), (89, 11));
    assert_eq!((found.rows[1].clone(), found.places[1]), (Order { id: 1, amount: 3 }, (0, Some(4))));
    assert_eq!(found.malformed[0].reason, "1 fields, where the header has 2");
    for batch_size in [1, 7] {
        block_on(probe::check_restore(|| files(&path).csv::<Order>(), batch_size));
    }
}

#[cfg(feature = "gzip")]
#[test]
fn packed_files_are_unpacked_and_damage_is_an_error() {
    use flate2::{Compression, write::GzEncoder};
    use std::io::Write;
    let pack = |text: &[u8]| {
        let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
        packed.write_all(text).unwrap();
        packed.finish().unwrap()
    };
    let lines: String = (0..20_000).map(|line| format!("{line}\n")).collect();
    // Two packed parts behind each other are one file.
    let packed = [pack(&lines.as_bytes()[..5000]), pack(&lines.as_bytes()[5000..])].concat();
    let folder = folder(&[("whole.gz", &packed), ("cut.gz", &packed[..packed.len() / 2]), ("not.gz", b"plain text")]);
    let at = |name: &str| folder.path().join(name);
    assert_eq!(read(files(at("whole.gz")).lines()).rows, lines.lines().collect::<Vec<_>>());
    block_on(probe::check_restore(|| files(at("whole.gz")).lines(), 5000));
    for name in ["cut.gz", "not.gz"] {
        let error = block_on(probe::read_all(files(at(name)).lines(), 3)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Io);
        assert!(error.message().contains(name), "{error}");
    }
}

#[cfg(not(feature = "gzip"))]
#[test]
fn packed_files_need_the_feature() {
    let folder = folder(&[("a.gz", b"")]);
    let error = block_on(probe::read_all(files(folder.path().join("a.gz")).lines(), 3)).unwrap_err();
    assert_eq!(
        (error.kind(), error.remedy()),
        (ErrorKind::Config, Some("build with the cargo feature `gzip` of flow-pipeline"))
    );
}

/// Lines of every kind: random bytes, cut JSON, good JSON.
fn hostile() -> impl Strategy<Value = Vec<Vec<u8>>> {
    let line = prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..40),
        "[\\[\\]{}\":,0-9a-z\\\\ ]{0,30}".prop_map(String::into_bytes),
        (any::<i64>(), any::<i64>(), 0_usize..60).prop_map(|(id, amount, cut)| {
            let mut line = serde_json::to_vec(&Order { id, amount }).unwrap();
            line.truncate(cut);
            line
        }),
    ];
    proptest::collection::vec(line, 0..30)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(crate::operator::probe::cases()))]

    /// Each line that is not blank is a record or is malformed, by what serde says of it alone.
    #[test]
    fn hostile_lines_are_counted_exactly(lines in hostile()) {
        let content = lines.join(&b'\n');
        let (_folder, path) = one(&content);
        let read = read(json(&path));
        let (mut rows, mut bad) = (Vec::new(), Vec::new());
        for (at, line) in content.split(|&byte| byte == b'\n').enumerate() {
            let line = if at == 0 { line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(line) } else { line };
            match std::str::from_utf8(line).map(|line| (line.trim_ascii().is_empty(), serde_json::from_str::<Order>(line))) {
                Ok((true, _)) => {}
                Ok((_, Ok(order))) => rows.push((order, at as u64 + 1)),
                _ => bad.push((at as u64 + 1, line.strip_suffix(b"\r").unwrap_or(line).to_vec())),
            }
        }
        let offsets = read.places.iter().map(|place| place.1.unwrap());
        prop_assert_eq!(read.rows.into_iter().zip(offsets).collect::<Vec<_>>(), rows);
        let malformed: Vec<_> = read.malformed.iter().map(|bad| (bad.offset.unwrap(), bad.original.to_vec())).collect();
        prop_assert_eq!(malformed, bad);
    }
}
