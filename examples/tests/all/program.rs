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

/// The most memory that the program has had, in kilobytes. It must end well.
#[cfg(target_os = "linux")]
pub(crate) fn peak_memory(program: &mut Command) -> u64 {
    let mut running = program.spawn().expect("the program starts");
    let mut peak = 0;
    // The kernel keeps the mark as long as the program runs, and it only rises.
    let ended = loop {
        let status = std::fs::read_to_string(format!("/proc/{}/status", running.id())).unwrap_or_default();
        let mark = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB"));
        peak = mark.and_then(|mark| mark.parse().ok()).unwrap_or(peak);
        if let Some(ended) = running.try_wait().expect("the program is ours") {
            break ended;
        }
        std::thread::yield_now();
    };
    assert!(ended.success() && peak > 0, "{ended}: {peak} kB");
    peak
}
