//! Laws over random expressions and documents.

mod documents;
mod expressions;
pub(crate) mod generate;
#[cfg(feature = "from-ir")]
mod random;

use crate::operator::probe::cases;
