//! Counts of what passed and what failed.

use std::fmt;
use std::ops::AddAssign;

/// How many checks passed and failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) passed: usize,
    pub(crate) failed: usize,
}

impl Counts {
    /// One check.
    pub(crate) fn one(success: bool) -> Self {
        Self { passed: usize::from(success), failed: usize::from(!success) }
    }

    /// What the result line of one test binary says; nothing for any other line. A test that is ignored proves nothing, so it counts as
    /// one that failed.
    pub(crate) fn of_line(line: &str) -> Option<Self> {
        let (_, numbers) = line.strip_prefix("test result: ")?.split_once(". ")?;
        let number = |word: &str| -> Option<usize> {
            numbers.split(';').find_map(|part| part.trim().strip_suffix(word)?.trim().parse().ok())
        };
        Some(Self { passed: number("passed")?, failed: number("failed")? + number("ignored")? })
    }

    /// What all binaries of a command say together, when it ended like this. A test that does not compile, or a binary that is killed,
    /// has no result line; and a command that ran no test at all proves nothing.
    pub(crate) fn of_command(self, success: bool) -> Self {
        let silent = self.failed == 0 && (!success || self.passed == 0);
        Self { failed: if silent { 1 } else { self.failed }, ..self }
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)
    }
}

#[cfg(test)]
mod tests {
    use super::Counts;

    #[test]
    fn result_lines_are_read() {
        let ok = "test result: ok. 213 passed; 0 failed; 0 ignored; 0 measured; 1 filtered out; finished in 1.20s";
        let bad = "test result: FAILED. 2 passed; 3 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s";
        assert_eq!(Counts::of_line(ok), Some(Counts { passed: 213, failed: 0 }));
        assert_eq!(Counts::of_line(bad), Some(Counts { passed: 2, failed: 3 }));
        let ignored = ok.replace("0 ignored", "2 ignored");
        assert_eq!(Counts::of_line(&ignored), Some(Counts { passed: 213, failed: 2 }), "an ignored test fails the run");
        for other in ["", "test a ... ok", "running 2 tests", "test result: ok."] {
            assert_eq!(Counts::of_line(other), None, "{other}");
        }
    }

    #[test]
    fn a_command_that_says_nothing_fails() {
        let check = |passed, failed, success, expected| {
            assert_eq!(Counts { passed, failed }.of_command(success), Counts { passed, failed: expected });
        };
        check(2, 0, true, 0);
        check(2, 0, false, 1);
        check(2, 3, false, 3);
        check(0, 0, true, 1);
    }

    #[test]
    fn the_last_line_has_its_fixed_form() {
        let mut all = Counts::default();
        all += Counts::one(true);
        all += Counts { passed: 2, failed: 1 };
        assert_eq!(all.to_string(), "3 passed, 1 failed");
    }
}
