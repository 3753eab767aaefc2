//! Runs the examples as their users do.

use std::path::PathBuf;
use std::process::{Command, Output};

/// The example of this name, which `cargo test` has built beside this test.
pub(crate) fn example(name: &str) -> Command {
    let test = std::env::current_exe().expect("a test knows where it stands");
    let folder: PathBuf = test.ancestors().nth(2).expect("cargo puts tests two folders down").join("examples");
    let program = folder.join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    assert!(program.is_file(), "{} is not built: run the tests with `cargo test -p flow-examples`", program.display());
    Command::new(program)
}

/// What the example of this name says when it is run without arguments. It must end well.
pub(crate) fn stdout(name: &str) -> String {
    let output = example(name).output().expect("the example starts");
    assert!(output.status.success(), "{name}: {}", text(&output));
    String::from_utf8(output.stdout).expect("an example prints text")
}

/// Both streams, for messages.
pub(crate) fn text(output: &Output) -> String {
    format!("{}\n{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}
