//! Redis, which writes every change to disk before it answers.

use std::io::{BufRead, BufReader, ErrorKind, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::{Result, ports};

/// The oldest major version that the tests know; Debian 12 and Ubuntu 24.04 have it.
pub const VERSION: &str = "7";

/// How every server is started: with each change on disk before it is answered.
pub const OPTIONS: &[&str] = &["--save", "", "--appendonly", "yes", "--appendfsync", "always"];

/// How long a PING may take.
const PATIENCE: Duration = Duration::from_secs(2);

/// Gives the address of a server that was never started.
pub(crate) fn prepare() -> Result<String> {
    Ok(format!("127.0.0.1:{}", ports::free::<1>()?[0]))
}

/// The server of a folder. Later words win, so `more` may say otherwise.
pub(crate) fn command(folder: &Path, address: &str, more: &[String]) -> Command {
    let mut command = Command::new("redis-server");
    let port = address.rsplit_once(':').map_or("", |(_, port)| port);
    command.args(["--bind", "127.0.0.1", "--port", port]).args(OPTIONS);
    command.arg("--dir").arg(folder).args(more).current_dir(folder);
    command
}

/// Whether a server answers `PING`.
pub(crate) fn ready(address: &str) -> std::result::Result<(), String> {
    let ask = || -> std::io::Result<String> {
        let mut stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.write_all(b"PING\r\n")?;
        let mut answer = String::new();
        BufReader::new(stream).read_line(&mut answer)?;
        Ok(answer)
    };
    match ask() {
        // One that wants a password is there, too.
        Ok(answer) if answer.starts_with("+PONG") || answer.starts_with("-NOAUTH") => Ok(()),
        Ok(answer) => Err(format!("it answers {answer:?}")),
        Err(error) if error.kind() == ErrorKind::WouldBlock => Err("it says nothing".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}
