//! The option that the examples over Redis share: which server.

use clap::Args;
use flow_redis::Redis;

// Its documentation would stand in place of the program's own.
#[derive(Debug, Args)]
pub(crate) struct Server {
    /// The server.
    #[arg(
        long = "redis",
        value_name = "URL",
        env = "FLOW_REDIS",
        default_value = "redis://localhost:6379",
        hide_env_values = true
    )]
    url: String,
}

impl Server {
    pub(crate) fn redis(self) -> Redis {
        Redis::url(self.url)
    }
}
