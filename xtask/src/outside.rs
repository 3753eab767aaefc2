//! A program outside the workspace, with a path dependency on `flow` and no other, builds without a warning and runs.

use std::fs;
use std::path::Path;

use crate::command::{self, cargo};
use crate::counts::Counts;

/// The program: the public API alone, through the prelude.
const PROGRAM: &str = include_str!("outside/program.rs.txt");

/// Writes the program into the target folder, builds and runs it.
pub(crate) fn step(root: &Path) -> (Counts, String) {
    match build(root) {
        Ok((success, output)) => (Counts::one(success), output),
        Err(error) => (Counts::one(false), format!("could not write the program: {error}\n")),
    }
}

fn build(root: &Path) -> std::io::Result<(bool, String)> {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), Into::into);
    let home = target.join("outside");
    fs::create_dir_all(home.join("src"))?;
    fs::write(home.join("Cargo.toml"), manifest(root))?;
    fs::write(home.join("src/main.rs"), PROGRAM)?;
    // The same versions as in the workspace, so that nothing new is fetched.
    fs::copy(root.join("Cargo.lock"), home.join("Cargo.lock"))?;
    let mut command = cargo(&home, &["run", "--offline", "--quiet"]);
    command.env("RUSTFLAGS", "-D warnings").env("CARGO_TARGET_DIR", home.join("target"));
    let said = command::run(command, |_| {});
    Ok((said.success, said.output))
}

/// Its manifest. An own, empty workspace keeps cargo from looking for one above.
fn manifest(root: &Path) -> String {
    let flow = root.join("flow");
    format!(
        "[package]\nname = \"outside\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n\
         [dependencies]\nflow-pipeline = {{ path = {flow:?} }}\n\n[workspace]\n"
    )
}
