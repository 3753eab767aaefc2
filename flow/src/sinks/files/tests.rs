//! Whole or not at all, and what is wrong with a path.

use super::files;
use crate::connector::{Delivery, Endpoint, Sink, probe};
use crate::error::ErrorKind;
use std::fs;
use std::path::{Path, PathBuf};

#[derive(serde::Serialize, Clone)]
struct Total {
    region: &'static str,
    total: i64,
}

fn totals(count: i64) -> Vec<Total> {
    (0..count).map(|total| Total { region: "north", total }).collect()
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn place(before: Option<&str>) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.jsonl");
    if let Some(before) = before {
        fs::write(&path, before).unwrap();
    }
    (folder, path)
}

#[tokio::test]
async fn the_file_appears_at_the_commit() {
    for before in [None, Some("before")] {
        let (folder, path) = place(before);
        let seen = || fs::read_to_string(&path).ok();
        let sink = files(&path).json_lines();
        assert_eq!(sink.delivery(), Delivery::Transactional);
        assert_eq!(sink.describe(), Endpoint::described("file").format("json").option("path", path.to_str().unwrap()));
        let mut writer = probe::open_sink(sink).await.unwrap();
        writer.write(&mut probe::rows(totals(20_000))).await.unwrap();
        writer.write(&mut probe::rows(totals(1))).await.unwrap();
        writer.flush().await.unwrap();
        writer.prepare(1).await.unwrap();
        assert_eq!(seen().as_deref(), before);
        assert_eq!(names(folder.path()).iter().filter(|name| name.starts_with(".out.jsonl.")).count(), 1);
        writer.commit(1).await.unwrap();
        writer.close().await.unwrap();
        drop(writer);
        let content = seen().unwrap();
        assert_eq!(content.lines().count(), 20_001);
        assert!(content.ends_with("{\"region\":\"north\",\"total\":19999}\n{\"region\":\"north\",\"total\":0}\n"));
        assert_eq!(names(folder.path()), ["out.jsonl"]);
    }
}

#[tokio::test]
async fn nothing_is_left_of_a_job_that_failed_or_was_dropped() {
    for (rows, prepared, aborted) in
        [(0, false, true), (50_000, false, true), (50_000, true, true), (50_000, true, false)]
    {
        let (folder, path) = place(Some("before"));
        let mut writer = probe::open_sink(files(&path).json_lines()).await.unwrap();
        writer.write(&mut probe::rows(totals(rows))).await.unwrap();
        if prepared {
            writer.prepare(1).await.unwrap();
        }
        if aborted {
            writer.abort(1).await.unwrap();
            writer.abort(1).await.unwrap();
        }
        drop(writer);
        assert_eq!(names(folder.path()), ["out.jsonl"]);
        assert_eq!(fs::read_to_string(&path).unwrap(), "before");
    }
}

#[tokio::test]
async fn a_write_that_is_dropped_leaves_nothing() {
    let (folder, path) = place(None);
    let mut writer = probe::open_sink(files(&path).json_lines()).await.unwrap();
    for _ in 0..3 {
        let mut batch = probe::rows(totals(50_000));
        let mut write = Box::pin(writer.write(&mut batch));
        // Polled once, as a cancelled job may.
        let _ = futures::poll!(&mut write);
    }
    writer.abort(1).await.unwrap();
    assert_eq!(names(folder.path()), [""; 0]);
}

/// Wherever it is dropped: while rows are written, or while the disk takes them.
#[tokio::test]
async fn a_prepare_that_is_dropped_leaves_nothing() {
    for polls in (1..300).step_by(3) {
        let (folder, path) = place(None);
        let mut writer = probe::open_sink(files(&path).json_lines()).await.unwrap();
        writer.write(&mut probe::rows(totals(1))).await.unwrap();
        let mut prepare = Box::pin(writer.prepare(1));
        for _ in 0..polls {
            if futures::poll!(&mut prepare).is_ready() {
                break;
            }
            tokio::task::yield_now().await;
        }
        drop(prepare);
        writer.abort(1).await.unwrap();
        assert_eq!(names(folder.path()), [""; 0], "{polls}");
    }
}

#[tokio::test]
async fn each_epoch_shows_all_rows_so_far() {
    let (folder, path) = place(Some("before"));
    let mut writer = probe::open_sink(files(&path).lines()).await.unwrap();
    for (epoch, rows, wanted) in [(1, vec![1, 2], "1\n2\n"), (2, vec![], "1\n2\n"), (3, vec![3], "1\n2\n3\n")] {
        writer.write(&mut probe::rows(rows)).await.unwrap();
        writer.prepare(epoch).await.unwrap();
        writer.commit(epoch).await.unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), wanted);
    }
    writer.write(&mut probe::rows(vec![4])).await.unwrap();
    writer.prepare(4).await.unwrap();
    writer.abort(4).await.unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "1\n2\n3\n");
    assert_eq!(names(folder.path()), ["out.jsonl"]);
}

#[tokio::test]
async fn what_is_wrong_with_a_path_is_said_before_anything_is_read() {
    let (folder, path) = place(Some("before"));
    let at = |name: &str| folder.path().join(name);
    for (path, wanted) in [
        (folder.path().to_owned(), "wrong setting: `{}` is a directory (name the file in it that is to be written)"),
        (at("none/out"), "wrong setting: no such folder: `{folder}/none` (create it first)"),
        (
            at("out.jsonl/out"),
            "wrong setting: no such folder for `{}` (a part of the path that stands for a directory is a file)",
        ),
        (
            "/dev/null".into(),
            "wrong setting: `{}` is no ordinary file, and is not replaced (to print: `sinks::console()`; to drop all rows: `sinks::null()`)",
        ),
    ] {
        if !cfg!(unix) && path.starts_with("/dev") {
            continue;
        }
        let error = probe::open_sink(files(&path).lines::<i64>()).await.err().unwrap();
        assert_eq!(error.kind(), ErrorKind::Config);
        let shown = |path: &Path| path.display().to_string();
        assert_eq!(error.to_string(), wanted.replace("{}", &shown(&path)).replace("{folder}", &shown(folder.path())));
    }
    assert_eq!(fs::read_to_string(path).unwrap(), "before");
}

#[cfg(unix)]
#[tokio::test]
async fn links_and_permissions_stay() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let (folder, path) = place(Some("before"));
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    let link = folder.path().join("link");
    symlink(&path, &link).unwrap();
    probe::write_all(files(&link).lines(), vec![vec!["new"]]).await.unwrap();
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(fs::read_to_string(&path).unwrap(), "new\n");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
}

#[tokio::test]
async fn a_row_that_refuses_to_be_written_fails_the_job() {
    let (folder, path) = place(None);
    let sink = files(&path).json_lines();
    let bad = std::collections::BTreeMap::from([((1, 2), 3)]);
    let error = probe::write_all(sink, vec![vec![bad]]).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.message()),
        (ErrorKind::User, "a row cannot be written as json: key must be a string")
    );
    assert_eq!(names(folder.path()), [""; 0]);
}

#[cfg(feature = "csv")]
#[tokio::test]
async fn csv_has_one_header() {
    let (_folder, path) = place(None);
    probe::write_all(files(&path).csv(), vec![vec![], totals(1), totals(1)]).await.unwrap();
    assert_eq!(fs::read_to_string(path).unwrap(), "region,total\nnorth,0\nnorth,0\n");
}

#[cfg(feature = "gzip")]
#[tokio::test]
async fn packed_files_can_be_unpacked() {
    let (folder, _) = place(None);
    let path = folder.path().join("out.gz");
    let mut writer = probe::open_sink(files(&path).lines()).await.unwrap();
    for epoch in [1, 2] {
        writer.write(&mut probe::rows((0..100_000).collect())).await.unwrap();
        writer.prepare(epoch).await.unwrap();
        writer.commit(epoch).await.unwrap();
    }
    let read = probe::read_all(crate::sources::files(&path).lines(), 1024).await.unwrap();
    assert_eq!(read.rows.len(), 200_000);
    assert!(read.rows.iter().enumerate().all(|(at, row)| *row == (at % 100_000).to_string()));
}
