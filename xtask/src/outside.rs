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
    let home = command::target(root).join("outside");
    fs::create_dir_all(home.join("src"))?;
    fs::write(home.join("Cargo.toml"), manifest(root, &fs::read_to_string(root.join("Cargo.toml"))?))?;
    fs::write(home.join("src/main.rs"), PROGRAM)?;
    // The same versions as in the workspace, so that nothing new is fetched.
    fs::copy(root.join("Cargo.lock"), home.join("Cargo.lock"))?;
    let mut command = cargo(&home, &["run", "--offline", "--quiet"]);
    // With what the tests have built.
    command.env("CARGO_TARGET_DIR", command::target(root));
    let said = command::run(command, |_| {});
    Ok((said.success && !warns(&said.output), said.output))
}

/// Whether the compiler warned, of the program or of the library as it is without the workspace's features.
fn warns(output: &str) -> bool {
    output.lines().any(|line| line.starts_with("warning"))
}

/// Its manifest. An own, empty workspace keeps cargo from looking for one above; the profiles are the workspace's, which stand last
/// in its manifest, so that dependencies need not be built again.
fn manifest(root: &Path, workspace: &str) -> String {
    let flow = root.join("flow");
    let profiles = workspace.find("[profile").map_or("", |at| &workspace[at..]);
    format!(
        "[package]\nname = \"outside\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n\
         [dependencies]\nflow-pipeline = {{ path = {flow:?} }}\n\n[workspace]\n\n{profiles}"
    )
}

#[cfg(test)]
mod tests {
    use super::warns;

    #[test]
    fn a_warning_is_found() {
        let check = |output: &str, found: bool| assert_eq!(warns(output), found, "{output}");
        check("warning: unused variable: `a`\n --> src/main.rs:1:1\n", true);
        check("late 0\nwarning: `flow-pipeline` (lib) generated 1 warning\n", true);
        check("all is well: no warning\n", false);
    }
}
