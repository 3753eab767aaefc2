//! The page of the language (the documentation of `pipeline!`) says everything that the compiler knows.

use flow_dsl::{aggregates::AGGREGATES, portable::methods, settings::SETTINGS, stages};

#[test]
fn everything_in_the_catalogues_is_on_the_page() {
    let page = include_str!("../src/language.md").replace("\\|", "|");
    let rows = stages::HEADS.iter().chain(stages::STAGES).map(|row| format!("`{}`", row.usage));
    let settings = SETTINGS.iter().map(|row| format!("`{}`", row.usage));
    let aggregates = AGGREGATES.iter().map(|row| format!("`{}`", row.usage));
    let methods = methods::names().map(|name| format!("`{name}("));
    for text in rows.chain(settings).chain(aggregates).chain(methods) {
        assert!(page.contains(&text), "{text} is not on the page");
    }
    for option in stages::HEADS
        .iter()
        .chain(stages::STAGES)
        .flat_map(|row| row.options.iter().chain(row.flags.concat().iter()).copied().collect::<Vec<_>>())
    {
        assert!(page.contains(option), "the option `{option}` is not on the page");
    }
}
