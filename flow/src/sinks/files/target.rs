//! The place of a file, and the hidden file that is to take it.

use crate::error::{Error, ErrorKind, Result};
use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Where a file is to appear.
#[derive(Clone, Debug)]
pub(super) struct Target {
    /// As the program wrote it, for messages.
    shown: PathBuf,
    /// Behind all links.
    path: PathBuf,
    folder: PathBuf,
}

impl Target {
    /// Checks that a file can appear at the path. Nothing is changed there.
    pub(super) fn at(shown: &Path) -> Result<Self> {
        let config = |message: String, help: &str| Err(Error::new(ErrorKind::Config, message).help(help));
        let name = shown.display();
        if cfg!(not(feature = "gzip")) && packed(shown) {
            return config(
                format!("`{name}` is to be packed by gzip"),
                "build with the cargo feature `gzip` of flow-pipeline",
            );
        }
        let path = match fs::metadata(shown) {
            Ok(meta) if meta.is_dir() => {
                return config(format!("`{name}` is a directory"), "name the file in it that is to be written");
            }
            Ok(meta) if !meta.is_file() => {
                return config(
                    format!("`{name}` is no ordinary file, and is not replaced"),
                    "to print: `sinks::console()`; to drop all rows: `sinks::null()`",
                );
            }
            Ok(_) => {
                OpenOptions::new().write(true).open(shown).map_err(|error| refused(shown, &error))?;
                fs::canonicalize(shown).map_err(|error| refused(shown, &error))?
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => shown.to_owned(),
            Err(error) => return Err(refused(shown, &error)),
        };
        let folder = match path.parent() {
            Some(folder) if folder.as_os_str().is_empty() => PathBuf::from("."),
            Some(folder) => folder.to_owned(),
            None => return config(format!("`{name}` names no file"), "name the file that is to be written"),
        };
        if !folder.is_dir() {
            return config(format!("no such folder: `{}`", folder.display()), "create it first");
        }
        Ok(Self { shown: shown.to_owned(), path, folder })
    }

    /// Begins a new file that is to take the place.
    pub(super) fn begin(&self) -> Result<Part> {
        let path = self.folder.join(self.hidden_name()?);
        let file = OpenOptions::new().write(true).create_new(true).open(&path);
        let file = file.map_err(|error| refused(&self.shown, &error))?;
        Ok(Part { hidden: Hidden(Some(path)), bytes: Bytes::of(file, packed(&self.shown)) })
    }

    /// Begins a file with what stands at the place now.
    pub(super) fn go_on(&self) -> Result<Part> {
        let mut part = self.begin()?;
        let copied = File::open(&self.path).and_then(|mut from| match &mut part.bytes {
            Bytes::Plain(to) => io::copy(&mut from, to),
            // What is packed is copied as it is: packed parts behind each other are one packed file.
            #[cfg(feature = "gzip")]
            Bytes::Packed(to) => io::copy(&mut from, to.get_mut()),
        });
        copied.map_err(|error| self.failed(&error))?;
        Ok(part)
    }

    /// Unique, so that two jobs that write the same path do not write the same bytes.
    fn hidden_name(&self) -> Result<OsString> {
        let name = self.path.file_name().ok_or_else(|| {
            Error::new(ErrorKind::Config, format!("`{}` names no file", self.shown.display()))
                .help("name the file that is to be written")
        })?;
        let unique = RandomState::new().build_hasher().finish();
        let mut hidden = OsString::from(".");
        // A name may have 255 bytes.
        hidden.push(if name.len() <= 200 { name } else { "flow".as_ref() });
        hidden.push(format!(".{unique:016x}.part"));
        Ok(hidden)
    }

    /// The part takes the place, on the disk too.
    pub(super) fn publish(&self, mut part: Part) -> Result<()> {
        let Some(hidden) = part.hidden.0.as_ref() else { return Ok(()) };
        let published = (|| {
            if let Ok(old) = fs::metadata(&self.path) {
                fs::set_permissions(hidden, old.permissions())?;
            }
            fs::rename(hidden, &self.path)
        })();
        published.map_err(|error| self.failed(&error))?;
        part.hidden.0 = None;
        // Before this the new name may be lost with the power. Elsewhere a folder cannot be opened.
        #[cfg(unix)]
        File::open(&self.folder).and_then(|folder| folder.sync_all()).map_err(|error| self.failed(&error))?;
        Ok(())
    }

    pub(super) fn failed(&self, error: &io::Error) -> Error {
        Error::new(ErrorKind::Io, format!("writing `{}` failed: {error}", self.shown.display()))
    }
}

/// A hidden file that is being written. Dropped, it is removed.
pub(super) struct Part {
    bytes: Bytes,
    hidden: Hidden,
}

enum Bytes {
    Plain(File),
    #[cfg(feature = "gzip")]
    Packed(flate2::write::GzEncoder<File>),
}

impl Bytes {
    #[cfg(feature = "gzip")]
    fn of(file: File, packed: bool) -> Self {
        if packed {
            Self::Packed(flate2::write::GzEncoder::new(file, flate2::Compression::default()))
        } else {
            Self::Plain(file)
        }
    }

    #[cfg(not(feature = "gzip"))]
    fn of(file: File, _packed: bool) -> Self {
        Self::Plain(file)
    }
}

impl Part {
    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match &mut self.bytes {
            Bytes::Plain(file) => file.write_all(bytes),
            #[cfg(feature = "gzip")]
            Bytes::Packed(file) => file.write_all(bytes),
        }
    }

    /// Writes what is left, and returns when all is on the disk.
    pub(super) fn finish(&mut self) -> io::Result<()> {
        match &mut self.bytes {
            Bytes::Plain(file) => file.sync_all(),
            #[cfg(feature = "gzip")]
            Bytes::Packed(file) => {
                file.try_finish()?;
                file.get_ref().sync_all()
            }
        }
    }

    /// Removes it.
    pub(super) fn remove(mut self) -> io::Result<()> {
        self.hidden.0.take().map_or(Ok(()), fs::remove_file)
    }
}

/// The path of a hidden file, if it is still there.
struct Hidden(Option<PathBuf>);

impl Drop for Hidden {
    fn drop(&mut self) {
        let Some(path) = self.0.take() else { return };
        if let Err(error) = fs::remove_file(&path) {
            tracing::warn!(path = %path.display(), %error, "a hidden file could not be removed");
        }
    }
}

fn packed(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("gz"))
}

/// Why the path cannot be written to.
fn refused(path: &Path, error: &io::Error) -> Error {
    let shown = path.display();
    let (message, help) = match error.kind() {
        io::ErrorKind::PermissionDenied => {
            (format!("no permission to write `{shown}`"), "give the user of this process the right to write there")
        }
        io::ErrorKind::ReadOnlyFilesystem => {
            (format!("`{shown}` is on a file system that cannot be written to"), "write elsewhere")
        }
        io::ErrorKind::NotADirectory => {
            (format!("no such folder for `{shown}`"), "a part of the path that stands for a directory is a file")
        }
        _ => (format!("`{shown}` cannot be written: {error}"), "check the path"),
    };
    Error::new(ErrorKind::Config, message).help(help)
}
