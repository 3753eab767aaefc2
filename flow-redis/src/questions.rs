//! What a lookup asks: which keys a record is about, and what is made of their values.

use crate::arg::{Arg, Command, FromReply, bytes};
use redis::{Pipeline, Value};

/// How many keys one command asks about, at most.
const TOGETHER: usize = 1_000;

/// A key, or a field of one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Place {
    pub(crate) key: Vec<u8>,
    pub(crate) field: Option<Vec<u8>>,
}

/// What stands at a place; `None` if nothing does.
pub(crate) type Found = Option<Vec<u8>>;

mod sealed {
    pub trait Sealed {}
}

/// What a lookup asks about a record by what its closure says, `Q`, and what it hands on, `A`.
#[diagnostic::on_unimplemented(
    message = "this lookup cannot ask about `{Q}` and give `{A}`",
    note = "`get()` takes a key and gives an `Option<V>`; `hget()` takes `(key, field)` and gives an `Option<V>`; `mget()` takes a list of \
            keys and gives a `Vec<Option<V>>`; V is a `String`, `Vec<u8>`, `Bytes` or number"
)]
pub trait Asks<Q, A>: sealed::Sealed + Copy + Send + Sync + 'static {
    /// The places that the question is about.
    #[doc(hidden)]
    fn places(question: Q) -> Places;

    /// What is handed on, of what was found there, in that order.
    #[doc(hidden)]
    fn answer(found: Findings) -> Result<A, String>;
}

/// The places of one question.
#[derive(Debug)]
pub struct Places(pub(crate) Vec<Place>);

/// What was found at the places of one question.
#[derive(Debug)]
pub struct Findings(pub(crate) Vec<Found>);

/// The value of a key: [`Redis::get`](crate::Redis::get).
#[derive(Clone, Copy, Debug)]
pub struct Get;

/// The value of a field: [`Redis::hget`](crate::Redis::hget).
#[derive(Clone, Copy, Debug)]
pub struct HGet;

/// The values of several keys: [`Redis::mget`](crate::Redis::mget).
#[derive(Clone, Copy, Debug)]
pub struct MGet;

impl sealed::Sealed for Get {}
impl sealed::Sealed for HGet {}
impl sealed::Sealed for MGet {}

impl<K: Arg, V: FromReply> Asks<K, Option<V>> for Get {
    fn places(key: K) -> Places {
        Places(vec![Place { key: Command::bytes_of(&key), field: None }])
    }

    fn answer(found: Findings) -> Result<Option<V>, String> {
        found.0.into_iter().flatten().next().map(V::from_reply).transpose()
    }
}

impl<K: Arg, F: Arg, V: FromReply> Asks<(K, F), Option<V>> for HGet {
    fn places((key, field): (K, F)) -> Places {
        Places(vec![Place { key: Command::bytes_of(&key), field: Some(Command::bytes_of(&field)) }])
    }

    fn answer(found: Findings) -> Result<Option<V>, String> {
        found.0.into_iter().flatten().next().map(V::from_reply).transpose()
    }
}

impl<Ks: IntoIterator<Item: Arg>, V: FromReply> Asks<Ks, Vec<Option<V>>> for MGet {
    fn places(keys: Ks) -> Places {
        Places(keys.into_iter().map(|key| Place { key: Command::bytes_of(&key), field: None }).collect())
    }

    fn answer(found: Findings) -> Result<Vec<Option<V>>, String> {
        found.0.into_iter().map(|value| value.map(V::from_reply).transpose()).collect()
    }
}

/// The commands that ask about these places: one MGET for all keys, one HMGET for the fields of a hash.
pub(crate) struct Asking<'a> {
    pub(crate) commands: Pipeline,
    /// What each command asks about, in the order of its answer.
    about: Vec<Vec<&'a Place>>,
}

impl<'a> Asking<'a> {
    pub(crate) fn about(places: &'a [Place]) -> Self {
        let mut groups: Vec<Vec<&Place>> = Vec::new();
        // Places are few, or of few kinds: the open group of each hash, and the one of keys.
        let mut open = std::collections::HashMap::new();
        for place in places {
            let of = place.field.is_some().then_some(&place.key);
            let group = *open.entry(of).or_insert(groups.len());
            match groups.get_mut(group).filter(|group| group.len() < TOGETHER) {
                Some(group) => group.push(place),
                None => {
                    open.insert(of, groups.len());
                    groups.push(vec![place]);
                }
            }
        }
        let mut commands = Pipeline::with_capacity(groups.len());
        for group in &groups {
            commands.add_command(Self::command(group).cmd);
        }
        Self { commands, about: groups }
    }

    fn command(group: &[&Place]) -> Command {
        match group.first() {
            Some(Place { key, field: Some(_) }) => {
                let fields = group.iter().filter_map(|place| place.field.as_deref());
                fields.fold(Command::new("HMGET").arg(key.as_slice()), Command::arg)
            }
            _ => group.iter().fold(Command::new("MGET"), |command, place| command.arg(place.key.as_slice())),
        }
    }

    /// What was found at each place.
    pub(crate) fn found(self, answers: Vec<Value>) -> Result<Vec<(&'a Place, Found)>, String> {
        let mut found = Vec::new();
        for (places, answer) in self.about.into_iter().zip(answers) {
            match answer {
                Value::Array(values) if values.len() == places.len() => {
                    for (place, value) in places.into_iter().zip(values) {
                        found.push((place, bytes(value)?));
                    }
                }
                _ => return Err(format!("Redis gave no list of values for {} keys", places.len())),
            }
        }
        Ok(found)
    }
}
