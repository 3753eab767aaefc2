//! Strict reading of JSON: size, depth and count are capped, a repeated or unknown field is refused, and each mistake says
//! where it is, as a JSON pointer.

use std::fmt;

use serde::de::{self, DeserializeOwned, MapAccess, SeqAccess};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value as Json};

use crate::error::{Error, ErrorKind};

/// The longest document, in bytes.
pub(super) const MAX_BYTES: usize = 4 * 1024 * 1024;
/// The most values in a document.
pub(super) const MAX_VALUES: usize = 200_000;

/// Reads a text as JSON.
///
/// # Errors
///
/// When it is not JSON, repeats a field, or is over the caps.
pub(super) fn parse(text: &str) -> Result<Json, Error> {
    if text.len() > MAX_BYTES {
        return Err(Error::new(ErrorKind::Ir, format!("the document is longer than {MAX_BYTES} bytes")));
    }
    let Unique(value) = serde_json::from_str(text).map_err(|error| {
        let message: String = error.to_string().chars().take(300).collect();
        Error::new(ErrorKind::Ir, format!("no JSON that can be read: {message}"))
    })?;
    let (mut count, mut rest) = (0, vec![&value]);
    while let Some(next) = rest.pop() {
        count += 1;
        match next {
            Json::Array(items) => rest.extend(items),
            Json::Object(fields) => rest.extend(fields.values()),
            _ => {}
        }
    }
    if count > MAX_VALUES {
        return Err(Error::new(ErrorKind::Ir, format!("the document holds more than {MAX_VALUES} values")));
    }
    Ok(value)
}

/// JSON in which no field stands twice. Depth is capped by serde_json, at 128.
struct Unique(Json);

impl<'de> Deserialize<'de> for Unique {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Visitor).map(Self)
    }
}

struct Visitor;

impl<'de> de::Visitor<'de> for Visitor {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }
    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(value.into())
    }
    fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
        Ok(value.into())
    }
    fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
        Ok(value.into())
    }
    fn visit_f64<E>(self, value: f64) -> Result<Json, E> {
        Ok(value.into())
    }
    fn visit_str<E>(self, value: &str) -> Result<Json, E> {
        Ok(value.into())
    }
    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Json, A::Error> {
        let mut items = Vec::new();
        while let Some(Unique(item)) = seq.next_element()? {
            items.push(item);
        }
        Ok(Json::Array(items))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json, A::Error> {
        let mut fields = Map::new();
        while let Some((name, Unique(value))) = map.next_entry::<String, Unique>()? {
            if fields.contains_key(&name) {
                let name: String = name.chars().take(60).collect();
                return Err(de::Error::custom(format_args!("the field `{name}` stands twice")));
            }
            fields.insert(name, value);
        }
        Ok(Json::Object(fields))
    }
}

/// A place in a document.
#[derive(Clone)]
pub(super) struct At<'a> {
    pub(super) value: &'a Json,
    pub(super) pointer: String,
}

impl<'a> At<'a> {
    pub(super) fn root(value: &'a Json) -> Self {
        Self { value, pointer: String::new() }
    }

    /// A mistake at this place.
    pub(super) fn wrong(&self, message: impl fmt::Display) -> Error {
        at(&self.pointer, message)
    }

    fn expected(&self, what: &str) -> Error {
        let found = match self.value {
            Json::Null => "null",
            Json::Bool(_) => "a boolean",
            Json::Number(_) => "a number",
            Json::String(_) => "a string",
            Json::Array(_) => "a list",
            Json::Object(_) => "an object",
        };
        self.wrong(format_args!("expected {what}, found {found}"))
    }

    fn below(&self, name: impl fmt::Display, value: &'a Json) -> Self {
        let name = name.to_string().replace('~', "~0").replace('/', "~1");
        Self { value, pointer: format!("{}/{name}", self.pointer) }
    }

    pub(super) fn object(&self) -> Result<&'a Map<String, Json>, Error> {
        self.value.as_object().ok_or_else(|| self.expected("an object"))
    }

    /// Refuses fields that are not known.
    pub(super) fn only(&self, known: &[&str]) -> Result<(), Error> {
        match self.object()?.keys().find(|name| !known.contains(&name.as_str())) {
            None => Ok(()),
            Some(name) => {
                let name: String = name.chars().take(60).collect();
                Err(self.wrong(format_args!("unknown field `{name}`")).help(format!("known are: {}", known.join(", "))))
            }
        }
    }

    pub(super) fn get(&self, name: &str) -> Result<Option<Self>, Error> {
        Ok(self.object()?.get(name).map(|value| self.below(name, value)))
    }

    pub(super) fn need(&self, name: &str) -> Result<Self, Error> {
        self.get(name)?.ok_or_else(|| self.wrong(format_args!("the field `{name}` is missing")))
    }

    pub(super) fn items(&self) -> Result<Vec<Self>, Error> {
        let items = self.value.as_array().ok_or_else(|| self.expected("a list"))?;
        Ok(items.iter().enumerate().map(|(i, item)| self.below(i, item)).collect())
    }

    pub(super) fn entries(&self) -> Result<Vec<(&'a str, Self)>, Error> {
        Ok(self.object()?.iter().map(|(name, value)| (name.as_str(), self.below(name, value))).collect())
    }

    pub(super) fn str(&self) -> Result<&'a str, Error> {
        self.value.as_str().ok_or_else(|| self.expected("a string"))
    }

    pub(super) fn string(&self, name: &str) -> Result<String, Error> {
        self.need(name)?.str().map(str::to_owned)
    }

    pub(super) fn string_if(&self, name: &str) -> Result<Option<String>, Error> {
        self.get(name)?.map(|at| at.str().map(str::to_owned)).transpose()
    }

    pub(super) fn flag(&self, name: &str) -> Result<bool, Error> {
        let flag = self.get(name)?.map(|at| at.value.as_bool().ok_or_else(|| at.expected("true or false")));
        flag.transpose().map(Option::unwrap_or_default)
    }

    /// A whole number that is at least `least`.
    pub(super) fn number_if(&self, name: &str, least: u64) -> Result<Option<u64>, Error> {
        let number = |at: Self| {
            let number = at.value.as_u64().filter(|n| *n >= least && i64::try_from(*n).is_ok());
            number.ok_or_else(|| at.expected(&format!("a whole number, {least} or more")))
        };
        self.get(name)?.map(number).transpose()
    }

    /// What serde reads here, with this place in its error.
    pub(super) fn read<T: DeserializeOwned>(&self) -> Result<T, Error> {
        T::deserialize(self.value).map_err(|error| {
            let message: String = error.to_string().chars().take(300).collect();
            self.wrong(message)
        })
    }
}

/// A mistake at a place, given as a JSON pointer.
pub(super) fn at(pointer: &str, message: impl fmt::Display) -> Error {
    let place = if pointer.is_empty() { "the document" } else { pointer };
    Error::new(ErrorKind::Ir, format!("at {place}: {message}"))
}

/// Adds the place to a mistake that was found in a part of the document.
#[cfg(feature = "from-ir")]
pub(super) fn within(pointer: &str, error: &Error) -> Error {
    let placed = at(pointer, error.message());
    match error.remedy() {
        Some(help) => placed.help(help),
        None => placed,
    }
}
