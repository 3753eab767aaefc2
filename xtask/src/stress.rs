//! `cargo xtask stress`: the services, and the program in `stress/` over them.

use std::path::Path;
use std::process::{Command, ExitCode};

use flow_services::{Addresses, Service};

use crate::command::{self, cargo};
use crate::interrupt;
use crate::services::Lent;

const BUILD: &[&str] = &["build", "--quiet", "--locked", "--release", "--package=flow-stress"];

/// Builds what is run, starts what does not run yet, and ends what was started here.
pub(crate) fn run(root: &Path, options: &[&str]) -> ExitCode {
    let built = command::run(cargo(root, BUILD), |_| {});
    if !built.success {
        eprintln!("{}", built.output);
        return ExitCode::FAILURE;
    }
    let asks = options.iter().any(|option| ["--help", "-h"].contains(option));
    let mut lent = Lent::new(root);
    let addresses = if asks { Ok(Addresses::new()) } else { lent.up(&[Service::Kafka, Service::Redis]) };
    let status = match addresses {
        Ok(addresses) => interrupt::start(program(root).args(options).envs(addresses))
            .and_then(interrupt::Running::wait)
            .map_err(|error| error.to_string()),
        Err(error) => Err(error.to_string()),
    };
    if let Some(ended) = interrupt::ended() {
        return ended;
    }
    match status {
        Ok(status) if status.success() => ExitCode::SUCCESS,
        Ok(status) => ExitCode::from(if status.code() == Some(2) { 2 } else { 1 }),
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// The program, as cargo has built it.
fn program(root: &Path) -> Command {
    let name = format!("flow-stress{}", std::env::consts::EXE_SUFFIX);
    Command::new(command::target(root).join("release").join(name))
}
