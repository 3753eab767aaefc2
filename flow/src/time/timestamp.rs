//! A moment in UTC, in milliseconds.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// A moment in UTC: milliseconds since 1970-01-01T00:00:00Z, negative before it.
///
/// As text, and in JSON, it is `2026-01-01T00:00:00.123Z`; in binary formats it is the number.
///
/// ```
/// use flow::Timestamp;
/// let at: Timestamp = "2026-01-01T00:00:00.250Z".parse().unwrap();
/// assert_eq!(at.millis(), 1_767_225_600_250);
/// assert_eq!(at.to_string(), "2026-01-01T00:00:00.250Z");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

/// A text that is not a timestamp.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a time like 2026-01-31T12:00:00.000Z (UTC, with a Z)")]
pub struct TimestampError(String);

impl Timestamp {
    /// The earliest time.
    pub const MIN: Self = Self(i64::MIN);
    /// The latest time.
    pub const MAX: Self = Self(i64::MAX);

    /// The moment this many milliseconds after 1970.
    #[must_use]
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds since 1970.
    #[must_use]
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// The moment `millis` later (earlier, if negative), wrapping like all arithmetic that both engines share.
    #[must_use]
    pub const fn plus_millis(self, millis: i64) -> Self {
        Self(self.0.wrapping_add(millis))
    }

    /// The moment `by` later, at most [`Timestamp::MAX`].
    #[must_use]
    pub fn saturating_add(self, by: Duration) -> Self {
        Self(self.0.saturating_add(super::millis(by)))
    }

    /// The moment `by` earlier, at least [`Timestamp::MIN`].
    #[must_use]
    pub fn saturating_sub(self, by: Duration) -> Self {
        Self(self.0.saturating_sub(super::millis(by)))
    }

    /// The civil date and time in UTC, for years -9999 to 9999.
    fn civil(self) -> Option<DateTime> {
        let at = jiff::Timestamp::from_millisecond(self.0).ok()?;
        Some(at.to_zoned(TimeZone::UTC).datetime())
    }

    fn part(self, part: impl Fn(DateTime) -> i64) -> i64 {
        self.civil().map_or(0, part)
    }

    /// The year, in UTC; 0 beyond the years that a calendar holds (-9999 to 9999), as for all parts.
    #[must_use]
    pub fn year(self) -> i64 {
        self.part(|at| i64::from(at.year()))
    }

    /// The month, 1 to 12, in UTC.
    #[must_use]
    pub fn month(self) -> i64 {
        self.part(|at| i64::from(at.month()))
    }

    /// The day of the month, 1 to 31, in UTC.
    #[must_use]
    pub fn day(self) -> i64 {
        self.part(|at| i64::from(at.day()))
    }

    /// The hour, 0 to 23, in UTC.
    #[must_use]
    pub const fn hour(self) -> i64 {
        self.0.div_euclid(3_600_000).rem_euclid(24)
    }

    /// The minute, 0 to 59, in UTC.
    #[must_use]
    pub const fn minute(self) -> i64 {
        self.0.div_euclid(60_000).rem_euclid(60)
    }

    /// The second, 0 to 59.
    #[must_use]
    pub const fn second(self) -> i64 {
        self.0.div_euclid(1000).rem_euclid(60)
    }

    /// The date in UTC, as `2026-01-31`.
    #[must_use]
    pub fn format_date(self) -> String {
        self.civil().map_or_else(|| self.to_string(), |at| at.date().to_string())
    }
}

impl fmt::Display for Timestamp {
    /// `2026-01-01T00:00:00.123Z`; `@` and the milliseconds for a moment beyond the years -9999 to 9999.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.civil() {
            Some(at) => write!(f, "{}.{:03}Z", at.strftime("%Y-%m-%dT%H:%M:%S"), at.millisecond()),
            None => write!(f, "@{}", self.0),
        }
    }
}

impl FromStr for Timestamp {
    type Err = TimestampError;

    /// Reads `2026-01-01T00:00:00Z` with up to nine fractional digits (cut to milliseconds), and what `Display` writes.
    fn from_str(text: &str) -> Result<Self, TimestampError> {
        let wrong = || TimestampError(text.chars().take(64).collect());
        if let Some(number) = text.strip_prefix('@') {
            return number.parse().map(Self).map_err(|_| wrong());
        }
        let civil = text.strip_suffix('Z').ok_or_else(wrong)?;
        if civil.len() < 19 || civil.as_bytes().get(civil.len() - 9).is_none() || !civil.contains('T') {
            return Err(wrong());
        }
        let at: DateTime = civil.parse().map_err(|_| wrong())?;
        let at = at.to_zoned(TimeZone::UTC).map_err(|_| wrong())?;
        Ok(Self(at.timestamp().as_nanosecond().div_euclid(1_000_000) as i64))
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() { serializer.collect_str(self) } else { serializer.serialize_i64(self.0) }
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl Visitor<'_> for Text {
            type Value = Timestamp;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a time like \"2026-01-31T12:00:00.000Z\"")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Timestamp, E> {
                text.parse().map_err(E::custom)
            }
        }
        if deserializer.is_human_readable() {
            deserializer.deserialize_str(Text)
        } else {
            i64::deserialize(deserializer).map(Self)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_millis() {
        for (text, millis) in [
            ("1970-01-01T00:00:00.000Z", 0),
            ("1969-12-31T23:59:59.999Z", -1),
            ("2026-01-01T00:00:00.250Z", 1_767_225_600_250),
            ("1960-02-29T12:30:00.001Z", -310_476_599_999),
        ] {
            assert_eq!(text.parse(), Ok(Timestamp::from_millis(millis)), "{text}");
            assert_eq!(Timestamp::from_millis(millis).to_string(), text);
        }
        for wrong in ["", "Z", "2026-01-01", "2026-01-01T00:00:00", "2026-01-01T00:00:00+01:00", "2026-13-01T00:00:00Z"]
        {
            assert!(wrong.parse::<Timestamp>().is_err(), "{wrong}");
        }
        for far in [Timestamp::MIN, Timestamp::MAX] {
            assert_eq!(far.to_string().parse(), Ok(far));
        }
        let at = Timestamp::from_millis(-1);
        assert_eq!((at.year(), at.month(), at.day(), at.hour(), at.minute(), at.second()), (1969, 12, 31, 23, 59, 59));
    }
}
