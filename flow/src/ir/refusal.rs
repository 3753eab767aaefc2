//! Why a pipeline cannot be described: every stage that stands in the way, where it was written, and what to do instead.

use std::fmt;

use crate::error::Origin;

/// One stage that the IR cannot hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The stage's name.
    pub stage: String,
    /// Where it was written.
    pub origin: Origin,
    /// Why the IR cannot hold it.
    pub reason: String,
    /// What to do instead.
    pub remedy: Option<String>,
}

/// Everything in a pipeline that the IR cannot hold; never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusals(Vec<Refusal>);

impl Refusals {
    pub(crate) fn new(refusals: Vec<Refusal>) -> Self {
        Self(refusals)
    }

    /// The refusals, in the order of the stages.
    pub fn iter(&self) -> std::slice::Iter<'_, Refusal> {
        self.0.iter()
    }
}

impl<'a> IntoIterator for &'a Refusals {
    type Item = &'a Refusal;
    type IntoIter = std::slice::Iter<'a, Refusal>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "stage `{}` ({}): {}", self.stage, self.origin, self.reason)?;
        self.remedy.as_ref().map_or(Ok(()), |remedy| write!(f, " ({remedy})"))
    }
}

impl fmt::Display for Refusals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the pipeline cannot be described as IR:")?;
        self.iter().try_for_each(|refusal| write!(f, "\n  {refusal}"))
    }
}

impl std::error::Error for Refusals {}

impl From<Refusals> for crate::Error {
    fn from(refusals: Refusals) -> Self {
        Self::new(crate::ErrorKind::Ir, refusals.to_string())
    }
}
