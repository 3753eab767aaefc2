//! Every law is tried as often as `FLOW_CASES` says: its `proptest!` takes its configuration from a function of the name `cases`.

use super::Finding;
use super::tokens::Token;
use super::tree::Tree;

/// How many tokens of a `proptest!` are looked at: those of its configuration.
const HEAD: usize = 24;

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (file, rust) in tree.rust() {
        for line in deaf(&rust.all) {
            findings.push(Finding::new(
                &file.path,
                line,
                "this law does not hear `FLOW_CASES`: configure it by `cases()`",
            ));
        }
    }
    findings
}

/// The lines of `proptest! { … }` and `proptest!(…)` that name no `cases()` where they are configured.
fn deaf(tokens: &[Token]) -> impl Iterator<Item = usize> {
    let begins = |window: &[Token]| {
        window[0].text == "proptest" && window[1].text == "!" && ["{", "("].contains(&window[2].text.as_str())
    };
    let starts = tokens.windows(3).enumerate().filter(move |(_, window)| begins(window)).map(|(at, _)| at);
    starts.filter(|at| !hears(&tokens[at + 3..])).map(|at| tokens[at].line)
}

fn hears(inside: &[Token]) -> bool {
    // Laws begin with an attribute of their own, or with the closure's `|`.
    let head = inside.iter().take(HEAD).take_while(|token| !["test", "|", "fn"].contains(&token.text.as_str()));
    let words: Vec<&str> = head.map(|token| token.text.as_str()).collect();
    words.windows(3).any(|call| call == ["cases", "(", ")"])
}

#[cfg(test)]
mod tests {
    use super::{Tree, check};

    #[test]
    fn a_law_with_cases_of_its_own_is_found() {
        let check = |text: &str, times: usize| {
            assert_eq!(check(&Tree::planted(&[("flow/src/a.rs", text)])).len(), times, "{text}");
        };
        check("proptest! { #![proptest_config(ProptestConfig::with_cases(cases()))] #[test] fn a(x: u8) {} }", 0);
        check("proptest! { #![proptest_config(crate::operator::probe::cases())] #[test] fn a(x: u8) {} }", 0);
        check("fn f() { proptest!(crate::cases(), |(x in y())| {}); }", 0);
        check("proptest! { #[test] fn a(x: u8) { cases() } }", 1);
        check("proptest! { #![proptest_config(ProptestConfig::with_cases(50))] #[test] fn a(x: u8) {} }", 1);
        check("fn f() { proptest!(|(x in cases())| {}); }", 1);
        check("fn f() { proptest!(ProptestConfig::with_cases(200), |(x in y())| {}); }", 1);
    }
}
