//! How a stream is cut into windows, and which streams a join pairs, as data.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// The shape of a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WindowShape {
    /// Back to back.
    Tumbling {
        /// How long each is, in milliseconds.
        size: i64,
    },
    /// Overlapping.
    Sliding {
        /// How long each is, in milliseconds.
        size: i64,
        /// How far apart they begin, in milliseconds.
        every: i64,
    },
    /// As long as records follow each other.
    Session {
        /// How long nothing may come, in milliseconds.
        gap: i64,
    },
}

/// A window: its shape, where it begins, and how long it waits for late records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct WindowSpec {
    /// Its shape.
    pub shape: WindowShape,
    /// What is added to the multiples of the size where windows begin, in milliseconds.
    pub offset: i64,
    /// How long after its end a window still takes late records, in milliseconds.
    pub lateness: i64,
    /// Whether the late records are a stream of their own.
    pub late_output: bool,
}

impl WindowSpec {
    /// A window that begins at multiples of its size and takes no late records.
    pub fn new(shape: WindowShape) -> Self {
        Self { shape, offset: 0, lateness: 0, late_output: false }
    }

    /// What is wrong with it, if anything.
    pub(super) fn mistake(&self) -> Option<&'static str> {
        match self.shape {
            WindowShape::Tumbling { size } if size <= 0 => Some("a window's size must be above zero"),
            WindowShape::Sliding { size, every } if size <= 0 || every <= 0 => {
                Some("a window's size and slide must be above zero")
            }
            WindowShape::Sliding { size, every } if every > size => Some("a window's slide is larger than its size"),
            WindowShape::Session { gap } if gap <= 0 => Some("a session's gap must be above zero"),
            WindowShape::Session { .. } if self.offset != 0 => Some("a session has no offset"),
            _ if self.lateness < 0 => Some("a lateness must not be negative"),
            _ => None,
        }
    }
}

/// Which rows of a join come out without a partner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum JoinKind {
    /// None.
    Inner,
    /// Those of the left side.
    Left,
    /// Those of the right side.
    Right,
    /// Those of both sides.
    Full,
}

/// Which rows of the two sides can be partners, beside having equal keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum JoinBounds {
    /// Those in the same window.
    Window(WindowSpec),
    /// Those whose right time less the left one, in milliseconds, is between these, both included.
    Between {
        /// The least difference.
        lower: i64,
        /// The greatest.
        upper: i64,
    },
}

/// In JSON: `{"windowType": "TUMBLING", "size": 1, "timeUnit": "MINUTES"}`, all lengths in the one unit.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Written {
    window_type: Kind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    size: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    slide: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    gap: Option<i64>,
    time_unit: Unit,
    #[serde(default, skip_serializing_if = "is_zero")]
    offset: i64,
    #[serde(default, skip_serializing_if = "is_zero")]
    lateness: i64,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    late_output: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum Kind {
    Tumbling,
    Sliding,
    Session,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum Unit {
    Milliseconds,
    Seconds,
    Minutes,
    Hours,
    Days,
}

impl Unit {
    const LONGEST_FIRST: [Self; 5] = [Self::Days, Self::Hours, Self::Minutes, Self::Seconds, Self::Milliseconds];

    fn millis(self) -> i64 {
        match self {
            Self::Milliseconds => 1,
            Self::Seconds => 1_000,
            Self::Minutes => 60_000,
            Self::Hours => 3_600_000,
            Self::Days => 86_400_000,
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn is_zero(value: &i64) -> bool {
    *value == 0
}

impl Serialize for WindowSpec {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (window_type, size, slide, gap) = match self.shape {
            WindowShape::Tumbling { size } => (Kind::Tumbling, Some(size), None, None),
            WindowShape::Sliding { size, every } => (Kind::Sliding, Some(size), Some(every), None),
            WindowShape::Session { gap } => (Kind::Session, None, None, Some(gap)),
        };
        let lengths = [size, slide, gap, Some(self.offset), Some(self.lateness)];
        let whole = |unit: &Unit| lengths.iter().flatten().all(|length| length % unit.millis() == 0);
        let unit = Unit::LONGEST_FIRST.into_iter().find(whole).unwrap_or(Unit::Milliseconds);
        let count = |length: i64| length / unit.millis();
        let written = Written {
            window_type,
            size: size.map(count),
            slide: slide.map(count),
            gap: gap.map(count),
            time_unit: unit,
            offset: count(self.offset),
            lateness: count(self.lateness),
            late_output: self.late_output,
        };
        written.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for WindowSpec {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Written { window_type, size, slide, gap, time_unit, offset, lateness, late_output } =
            Written::deserialize(deserializer)?;
        let millis = |length: i64| {
            length.checked_mul(time_unit.millis()).ok_or_else(|| de::Error::custom("a length of time is too large"))
        };
        let shape = match (window_type, size, slide, gap) {
            (Kind::Tumbling, Some(size), None, None) => WindowShape::Tumbling { size: millis(size)? },
            (Kind::Sliding, Some(size), Some(slide), None) => {
                WindowShape::Sliding { size: millis(size)?, every: millis(slide)? }
            }
            (Kind::Session, None, None, Some(gap)) => WindowShape::Session { gap: millis(gap)? },
            _ => {
                return Err(de::Error::custom(
                    "TUMBLING takes `size`, SLIDING takes `size` and `slide`, SESSION takes `gap`, and nothing else",
                ));
            }
        };
        let spec = Self { shape, offset: millis(offset)?, lateness: millis(lateness)?, late_output };
        spec.mistake().map_or(Ok(spec), |mistake| Err(de::Error::custom(mistake)))
    }
}
