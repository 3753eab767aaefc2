//! What was fetched, kept for all checkouts of a user: a folder is there whole or not at all.

use std::env;
use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use rustix::fs::FlockOperation;

use crate::{Error, Result};

/// The cache's folder.
pub(crate) fn folder() -> Result<PathBuf> {
    let [own, general, home] = ["FLOW_CACHE", "XDG_CACHE_HOME", "HOME"].map(env::var_os);
    folder_of(own, general, home)
}

fn folder_of(own: Option<OsString>, general: Option<OsString>, home: Option<OsString>) -> Result<PathBuf> {
    let set = |variable: Option<OsString>| variable.filter(|value| !value.is_empty()).map(PathBuf::from);
    set(own)
        .or_else(|| Some(set(general)?.join("flow")))
        .or_else(|| Some(set(home)?.join(".cache/flow")))
        .ok_or_else(|| Error::new("no place for what is fetched: set FLOW_CACHE to a folder"))
}

/// The folder of this name below `cache`, if it was made.
pub(crate) fn find(cache: &Path, name: &str) -> Option<PathBuf> {
    Some(cache.join(name)).filter(|folder| folder.is_dir())
}

/// The folder of this name below `cache`; `make` fills it if it is not there. Whoever comes while another process makes it waits and
/// takes what that one made.
///
/// # Errors
/// When it cannot be made; then it is not there.
pub(crate) fn complete(cache: &Path, name: &str, make: impl FnOnce(&Path) -> Result<()>) -> Result<PathBuf> {
    if let Some(found) = find(cache, name) {
        return Ok(found);
    }
    fs::create_dir_all(cache).map_err(Error::at(cache))?;
    let _lock = lock(&cache.join(format!("{name}.lock")))?;
    if let Some(found) = find(cache, name) {
        return Ok(found);
    }
    let (partial, whole) = (cache.join(format!("{name}.partial")), cache.join(name));
    remove(&partial)?;
    fs::create_dir_all(&partial).map_err(Error::at(&partial))?;
    make(&partial)?;
    fs::rename(&partial, &whole).map_err(Error::at(&whole))?;
    Ok(whole)
}

/// Waits until no other process has this lock, and holds it until what is returned is dropped.
pub(crate) fn lock(path: &Path) -> Result<File> {
    let file = File::create(path).map_err(Error::at(path))?;
    rustix::fs::flock(&file, FlockOperation::LockExclusive).map_err(|error| Error::at(path)(error.into()))?;
    Ok(file)
}

/// Removes a folder, if it is there.
pub(crate) fn remove(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Error::at(folder)(error)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::{complete, folder_of};
    use crate::Error;

    #[test]
    fn the_folder_is_the_nearest_that_is_said() {
        let check = |own: &str, general: &str, home: &str, folder: Option<&str>| {
            let said = |text: &str| (text != "-").then(|| text.into());
            let found = folder_of(said(own), said(general), said(home)).ok();
            assert_eq!(found.as_deref(), folder.map(Path::new), "{own} {general} {home}");
        };
        check("/a", "/b", "/c", Some("/a"));
        check("-", "/b", "/c", Some("/b/flow"));
        check("", "", "/c", Some("/c/.cache/flow"));
        check("-", "-", "-", None);
    }

    #[test]
    fn a_folder_is_whole_or_absent_and_made_once() {
        let cache = tempfile::tempdir().unwrap();
        let fails = |folder: &Path| {
            fs::write(folder.join("half"), "").unwrap();
            Err(Error::new("cut off"))
        };
        assert!(complete(cache.path(), "a", fails).is_err());
        assert!(!cache.path().join("a").exists(), "what was cut off is not there");
        let made = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    let make = |folder: &Path| {
                        made.fetch_add(1, Ordering::Relaxed);
                        assert!(!folder.join("half").exists(), "nothing is left of what was cut off");
                        fs::write(folder.join("whole"), "").map_err(Error::at(folder))
                    };
                    assert!(complete(cache.path(), "a", make).unwrap().join("whole").exists());
                });
            }
        });
        assert_eq!(made.into_inner(), 1);
    }
}
