//! A script for people.

use crate::script::{Part, Script};
use std::fmt;

/// What is set, then each statement behind the stages that it comes from, as comments.
impl fmt::Display for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "-- {}", one_line(&self.job_name))?;
        for setting in &self.settings {
            writeln!(f, "SET '{}' = '{}';", quoted(&setting.key), quoted(&setting.value))?;
        }
        for statement in &self.statements {
            writeln!(f)?;
            statement.parts.iter().try_for_each(|part| writeln!(f, "-- {part}"))?;
            writeln!(f, "{};", statement.text)?;
        }
        Ok(())
    }
}

/// The stage, and where it was written, or where it stands in the IR.
impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", one_line(&self.stage), one_line(self.origin.as_deref().unwrap_or(&self.pointer)))
    }
}

fn quoted(text: &str) -> String {
    text.replace('\'', "''")
}

fn one_line(text: &str) -> String {
    text.replace(['\n', '\r'], " ")
}
