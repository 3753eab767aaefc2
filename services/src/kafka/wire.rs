//! As much of Kafka's protocol as it takes to ask whether a broker is there and to make a topic, in versions before the compact encodings.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// The longest that an answer may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// No answer here is as long.
const LONGEST: i32 = 64 << 20;

/// What is said when an exchange fails.
pub(super) type Said<T> = std::result::Result<T, String>;

/// A connection to a broker.
pub(super) struct Wire(TcpStream);

impl Wire {
    pub(super) fn connect(address: &str) -> Said<Self> {
        let said = |error: std::io::Error| format!("{address}: {error}");
        let stream = TcpStream::connect(address).map_err(said)?;
        stream.set_read_timeout(Some(PATIENCE)).map_err(said)?;
        stream.set_nodelay(true).map_err(said)?;
        Ok(Self(stream))
    }

    /// Sends a request and waits for its answer.
    pub(super) fn call(&mut self, key: i16, version: i16, body: Words) -> Said<Answer> {
        let request = Words::default().int16(key).int16(version).int32(7).text("flow-services").then(&body);
        let whole = Words::default().int32(request.0.len() as i32).then(&request);
        self.0.write_all(&whole.0).map_err(|error| error.to_string())?;
        let mut head = [0; 8];
        self.0.read_exact(&mut head).map_err(|error| error.to_string())?;
        let mut head = Answer { bytes: head.to_vec(), at: 0 };
        let (length, correlation) = (head.int32()?, head.int32()?);
        if correlation != 7 || !(4..LONGEST).contains(&length) {
            return Err(format!("an answer of {length} bytes to request {correlation}"));
        }
        let mut bytes = vec![0; length as usize - 4];
        self.0.read_exact(&mut bytes).map_err(|error| error.to_string())?;
        Ok(Answer { bytes, at: 0 })
    }
}

/// A request's body, written word by word.
#[derive(Default)]
pub(super) struct Words(Vec<u8>);

impl Words {
    pub(super) fn int8(mut self, value: i8) -> Self {
        self.0.extend(value.to_be_bytes());
        self
    }

    pub(super) fn int16(mut self, value: i16) -> Self {
        self.0.extend(value.to_be_bytes());
        self
    }

    pub(super) fn int32(mut self, value: i32) -> Self {
        self.0.extend(value.to_be_bytes());
        self
    }

    pub(super) fn int64(mut self, value: i64) -> Self {
        self.0.extend(value.to_be_bytes());
        self
    }

    pub(super) fn text(mut self, text: &str) -> Self {
        self = self.int16(text.len() as i16);
        self.0.extend(text.as_bytes());
        self
    }

    fn then(mut self, other: &Self) -> Self {
        self.0.extend(&other.0);
        self
    }
}

/// An answer's body, read word by word.
pub(super) struct Answer {
    bytes: Vec<u8>,
    at: usize,
}

impl Answer {
    fn take<const N: usize>(&mut self) -> Said<[u8; N]> {
        let found = self.bytes.get(self.at..).and_then(|rest| rest.first_chunk()).copied();
        self.at += N;
        found.ok_or_else(|| "the answer is cut off".to_owned())
    }

    pub(super) fn int8(&mut self) -> Said<i8> {
        self.take().map(i8::from_be_bytes)
    }

    pub(super) fn int16(&mut self) -> Said<i16> {
        self.take().map(i16::from_be_bytes)
    }

    pub(super) fn int32(&mut self) -> Said<i32> {
        self.take().map(i32::from_be_bytes)
    }

    pub(super) fn int64(&mut self) -> Said<i64> {
        self.take().map(i64::from_be_bytes)
    }

    /// A text, or nothing where there is none.
    pub(super) fn text(&mut self) -> Said<Option<String>> {
        let Ok(length) = usize::try_from(self.int16()?) else { return Ok(None) };
        let bytes = self.bytes.get(self.at..self.at + length).ok_or("the answer is cut off")?;
        self.at += length;
        Ok(Some(String::from_utf8_lossy(bytes).into_owned()))
    }

    /// As many as it says.
    pub(super) fn list<T>(&mut self, mut one: impl FnMut(&mut Self) -> Said<T>) -> Said<Vec<T>> {
        (0..self.int32()?).map(|_| one(self)).collect()
    }
}
