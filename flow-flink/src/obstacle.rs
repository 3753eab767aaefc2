//! Why a pipeline cannot run on Flink: every stage that stands in the way.

use crate::script::Part;
use crate::support::Limit;
use std::fmt;

/// One thing that Flink cannot do as the pipeline says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Obstacle {
    /// The stage, its place in the IR, and its line in the program where that is known.
    pub part: Part,
    /// The row of the table, when it is one of the translation's own.
    pub limit: Option<Limit>,
    /// Why it cannot.
    pub reason: String,
    /// What to do instead.
    pub remedy: Option<String>,
}

/// Everything in a pipeline that Flink cannot do; never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Obstacles(Vec<Obstacle>);

impl Obstacles {
    pub(crate) fn new(obstacles: Vec<Obstacle>) -> Self {
        Self(obstacles)
    }

    /// The obstacles, in the order of the stages.
    pub fn iter(&self) -> std::slice::Iter<'_, Obstacle> {
        self.0.iter()
    }
}

impl<'a> IntoIterator for &'a Obstacles {
    type Item = &'a Obstacle;
    type IntoIter = std::slice::Iter<'a, Obstacle>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = self.part.origin.as_deref().unwrap_or(&self.part.pointer);
        write!(f, "stage `{}` ({place}): {}", self.part.stage, self.reason)?;
        self.remedy.as_ref().map_or(Ok(()), |remedy| write!(f, " ({remedy})"))
    }
}

impl fmt::Display for Obstacles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the pipeline cannot run on Flink:")?;
        self.iter().try_for_each(|obstacle| write!(f, "\n  {obstacle}"))
    }
}

impl std::error::Error for Obstacles {}
