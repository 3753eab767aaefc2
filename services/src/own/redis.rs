//! A Redis of a test's own.

use std::path::Path;
use std::process::Command;

use super::{Kind, Own};
use crate::{Result, Service, redis};

/// A server that one test may kill, pause and start again. Its options are those of the server's command line, such as
/// `["--maxmemory", "10mb"]`.
pub type OwnRedis = Own<Server>;

/// What an [`OwnRedis`] is.
#[derive(Debug)]
pub struct Server {
    address: String,
    more: Vec<String>,
}

impl Server {
    fn socket(&self) -> &str {
        self.address.trim_start_matches("redis://")
    }
}

impl Kind for Server {
    const SERVICE: Service = Service::Redis;
    type Options<'a> = &'a [&'a str];

    fn prepare(_: &Path, options: &[&str]) -> Result<Self> {
        let more = options.iter().map(|option| (*option).to_owned()).collect();
        Ok(Self { address: format!("redis://{}", redis::prepare()?), more })
    }

    fn address(&self) -> &str {
        &self.address
    }

    fn command(&self, folder: &Path) -> Command {
        redis::command(folder, self.socket(), &self.more)
    }

    fn ready(&self) -> std::result::Result<(), String> {
        redis::ready(self.socket())
    }
}
