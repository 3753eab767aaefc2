//! Finds the files of a path or pattern, and opens one, with a clear word on what is wrong with it.

use crate::error::{Error, ErrorKind, Result};
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// The files, in the order of their names; each can be opened.
pub(super) fn find(path: &Path) -> Result<Vec<PathBuf>> {
    let files = match fs::metadata(path) {
        Ok(_) => vec![path.to_owned()],
        Err(error) if error.kind() == io::ErrorKind::NotFound => matching(path)?,
        Err(error) => return Err(refused(path, &error)),
    };
    for file in &files {
        check(file)?;
    }
    Ok(files)
}

/// The files that the pattern matches; at least one.
fn matching(path: &Path) -> Result<Vec<PathBuf>> {
    let Some(pattern) = path.to_str().filter(|text| text.contains(['*', '?', '['])) else {
        return Err(refused(path, &io::ErrorKind::NotFound.into()));
    };
    let options = glob::MatchOptions { require_literal_leading_dot: true, ..glob::MatchOptions::new() };
    let found = glob::glob_with(pattern, options).map_err(|error| {
        Error::new(ErrorKind::Config, format!("`{pattern}` is no pattern of files: {error}"))
            .help("`*` and `?` stand for any name, `[abc]` for one of these letters, `[[]` for `[` itself")
    })?;
    let mut files = Vec::new();
    for entry in found {
        let file = entry.map_err(|error| refused(error.path(), error.error()))?;
        if !file.is_dir() {
            files.push(file);
        }
    }
    if files.is_empty() {
        return Err(Error::new(ErrorKind::Config, format!("no file matches `{pattern}`"))
            .help(format!("check the pattern{}", relative(path))));
    }
    Ok(files)
}

/// Whether the file can be read.
fn check(path: &Path) -> Result<()> {
    let meta = fs::metadata(path).map_err(|error| refused(path, &error))?;
    if meta.is_dir() {
        let path = path.display();
        return Err(Error::new(ErrorKind::Config, format!("`{path}` is a directory"))
            .help(format!("to read the files in it: `{path}/*`")));
    }
    // Opening anything else, as a pipe, may wait for its other end.
    if meta.is_file() {
        File::open(path).map_err(|error| refused(path, &error))?;
    }
    if packed(path) && cfg!(not(feature = "gzip")) {
        return Err(Error::new(ErrorKind::Config, format!("`{}` is packed by gzip", path.display()))
            .help("build with the cargo feature `gzip` of flow-pipeline"));
    }
    Ok(())
}

fn packed(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("gz"))
}

/// The bytes of a file, unpacked, and whether it can be read from any place.
pub(super) enum Opened {
    Plain(File),
    Stream(Box<dyn Read + Send>),
}

pub(super) fn open(path: &Path) -> Result<Opened> {
    check(path)?;
    let file = File::open(path).map_err(|error| refused(path, &error))?;
    #[cfg(feature = "gzip")]
    if packed(path) {
        let packed = io::BufReader::with_capacity(64 << 10, file);
        return Ok(Opened::Stream(Box::new(flate2::bufread::MultiGzDecoder::new(packed))));
    }
    let plain = file.metadata().is_ok_and(|meta| meta.is_file());
    Ok(if plain { Opened::Plain(file) } else { Opened::Stream(Box::new(file)) })
}

/// Why the path cannot be read.
fn refused(path: &Path, error: &io::Error) -> Error {
    let shown = path.display();
    let (message, help) = match error.kind() {
        io::ErrorKind::NotFound => (format!("no such file: `{shown}`"), format!("check the path{}", relative(path))),
        io::ErrorKind::PermissionDenied => {
            (format!("no permission to read `{shown}`"), "give the user of this process the right to read it".into())
        }
        io::ErrorKind::NotADirectory => {
            (format!("no such file: `{shown}`"), "a part of the path that stands for a directory is a file".into())
        }
        _ => (format!("`{shown}` cannot be read: {error}"), "check the path".into()),
    };
    Error::new(ErrorKind::Config, message).help(help)
}

fn relative(path: &Path) -> &'static str {
    if path.is_relative() { "; it starts at the current directory" } else { "" }
}
