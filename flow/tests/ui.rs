//! What the compiler refuses, and in which words. After a wanted change: `TRYBUILD=overwrite cargo test --test ui`.

#[test]
fn refusals() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/ui/*.rs");
}
