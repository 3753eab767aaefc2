//! What stands in commands, and what comes back.

use bytes::Bytes;
use redis::{Cmd, FromRedisValue, Value};
use std::fmt;
use std::sync::Arc;

/// A command, and how many bytes its arguments have.
pub struct Command {
    pub(crate) cmd: Cmd,
    pub(crate) bytes: usize,
}

impl fmt::Debug for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", crate::fault::named(&self.cmd))
    }
}

impl Command {
    pub(crate) fn new(name: &'static str) -> Self {
        let mut cmd = Cmd::with_capacity(4, 64);
        cmd.arg(name);
        Self { cmd, bytes: name.len() }
    }

    /// Adds an argument.
    pub(crate) fn arg(mut self, arg: impl Arg) -> Self {
        arg.put(&mut self);
        self
    }

    /// The bytes that an argument stands as.
    pub(crate) fn bytes_of(arg: &impl Arg) -> Vec<u8> {
        let mut command = Self { cmd: Cmd::new(), bytes: 0 };
        arg.put(&mut command);
        let bytes = command.cmd.args_iter().find_map(|arg| match arg {
            redis::Arg::Simple(bytes) => Some(bytes.to_vec()),
            redis::Arg::Cursor => None,
        });
        bytes.unwrap_or_default()
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.cmd.arg(bytes);
        self.bytes += bytes.len();
    }
}

/// What can be a key, a field, a value or another argument of a command: text, bytes, numbers.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no argument of a Redis command",
    note = "an argument is text, bytes or a number: `format!` makes text of anything, `serde_json::to_string` JSON"
)]
pub trait Arg: Send {
    /// Adds itself to a command, as one argument.
    fn put(&self, command: &mut Command);
}

macro_rules! of_bytes {
    ($($type:ty),*) => { $(
        impl Arg for $type {
            fn put(&self, command: &mut Command) {
                let bytes = AsRef::<[u8]>::as_ref(self);
                command.bytes(bytes);
            }
        }
    )* };
}

of_bytes!(String, &str, Vec<u8>, &[u8], Bytes);

impl Arg for Arc<str> {
    fn put(&self, command: &mut Command) {
        command.bytes(self.as_bytes());
    }
}

macro_rules! of_numbers {
    ($($type:ty),*) => { $(
        impl Arg for $type {
            fn put(&self, command: &mut Command) {
                command.cmd.arg(*self);
                command.bytes += size_of::<$type>();
            }
        }
    )* };
}

of_numbers!(i8, i16, i32, i64, u16, u32, u64, isize, usize, f32, f64);

/// What a value of Redis can be read as: text, bytes, numbers.
#[diagnostic::on_unimplemented(
    message = "a value of Redis cannot be read as `{Self}`",
    note = "take it as a `String`, `Vec<u8>`, `Bytes` or number, and make of it what you need"
)]
pub trait FromReply: Sized + Send + 'static {
    /// Reads a value that is there.
    ///
    /// # Errors
    /// When it is something else: why.
    fn from_reply(bytes: Vec<u8>) -> Result<Self, String>;
}

impl FromReply for Vec<u8> {
    fn from_reply(bytes: Vec<u8>) -> Result<Self, String> {
        Ok(bytes)
    }
}

impl FromReply for Bytes {
    fn from_reply(bytes: Vec<u8>) -> Result<Self, String> {
        Ok(bytes.into())
    }
}

impl FromReply for String {
    fn from_reply(bytes: Vec<u8>) -> Result<Self, String> {
        Self::from_utf8(bytes).map_err(|error| format!("not UTF-8: {}", error.utf8_error()))
    }
}

macro_rules! read_numbers {
    ($($type:ty),*) => { $(
        impl FromReply for $type {
            fn from_reply(bytes: Vec<u8>) -> Result<Self, String> {
                let text = String::from_reply(bytes)?;
                let shown = || crate::fault::short(text.as_bytes());
                text.parse().map_err(|error| format!("`{}` is no `{}`: {error}", shown(), stringify!($type)))
            }
        }
    )* };
}

read_numbers!(i8, i16, i32, i64, u8, u16, u32, u64, f32, f64);

/// The bytes of an answer; `None` if there is nothing.
pub(crate) fn bytes(value: Value) -> Result<Option<Vec<u8>>, String> {
    match value {
        Value::Nil => Ok(None),
        Value::BulkString(bytes) => Ok(Some(bytes)),
        Value::SimpleString(text) => Ok(Some(text.into_bytes())),
        Value::Int(number) => Ok(Some(number.to_string().into_bytes())),
        other => Vec::<u8>::from_redis_value(&other).map(Some).map_err(|error| error.to_string()),
    }
}
