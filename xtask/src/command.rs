//! Runs cargo and keeps what it says.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};

use crate::interrupt;

/// What a command said, both streams as they came, and how it ended.
pub(crate) struct Said {
    pub(crate) output: String,
    pub(crate) success: bool,
}

/// A call of the cargo that runs this program.
pub(crate) fn cargo(root: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments).current_dir(root).env("CARGO_TERM_COLOR", "never");
    // `cargo run` tells the program about this package; a cargo below it must not take that for its own.
    for name in ["CARGO_MANIFEST_DIR", "CARGO_PKG_NAME", "CARGO_PKG_VERSION", "RUSTFLAGS", "RUSTDOCFLAGS"] {
        command.env_remove(name);
    }
    command
}

/// Where cargo puts what it builds for the workspace.
pub(crate) fn target(root: &Path) -> PathBuf {
    target_of(root, std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from))
}

/// A relative folder is below the workspace, for cargo is called there.
fn target_of(root: &Path, set: Option<PathBuf>) -> PathBuf {
    root.join(set.unwrap_or_else(|| "target".into()))
}

/// Runs a command to its end, showing each line to `each` as it comes.
pub(crate) fn run(command: Command, each: impl FnMut(&str)) -> Said {
    match follow(command, each) {
        Ok((output, status)) => Said { output, success: status.success() },
        Err(error) => Said { output: format!("could not run the command: {error}\n"), success: false },
    }
}

fn follow(mut command: Command, mut each: impl FnMut(&str)) -> std::io::Result<(String, ExitStatus)> {
    // One pipe for both streams keeps their lines in order.
    let (reader, writer) = std::io::pipe()?;
    let child = interrupt::start(command.stdout(writer.try_clone()?).stderr(writer))?;
    // The command holds copies of the pipe's writing end, and the pipe ends only when all are gone.
    drop(command);
    let mut output = String::new();
    for line in BufReader::new(reader).split(b'\n') {
        let line = line?;
        let line = String::from_utf8_lossy(&line);
        each(&line);
        output.push_str(&line);
        output.push('\n');
    }
    Ok((output, child.wait()?))
}

#[cfg(test)]
mod tests {
    use super::target_of;
    use std::path::Path;

    #[test]
    fn the_target_folder_is_below_the_workspace_or_where_it_is_said() {
        let check = |set: Option<&str>, folder: &str| {
            assert_eq!(target_of(Path::new("/a"), set.map(Into::into)), Path::new(folder), "{set:?}");
        };
        check(None, "/a/target");
        check(Some("b/c"), "/a/b/c");
        check(Some("/d"), "/d");
    }
}
