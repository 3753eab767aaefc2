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
}

/// An option stands as `option = …`, and a flag as a word, in the code of its own stage's row.
#[test]
fn every_option_is_in_the_row_of_its_stage() {
    let page = include_str!("../src/language.md").replace("\\|", "|");
    for stage in stages::HEADS.iter().chain(stages::STAGES) {
        let start = format!("| `{}` |", stage.usage);
        let row =
            page.lines().find(|line| line.starts_with(&start)).unwrap_or_else(|| panic!("no row for {}", stage.name));
        let code: Vec<&str> = row.split('`').skip(1).step_by(2).collect();
        for option in stage.options {
            let written = [format!(" {option} = "), format!("({option} = ")];
            let found =
                code.iter().any(|code| code.starts_with(&written[0][1..]) || written.iter().any(|w| code.contains(w)));
            assert!(found, "`{option} = …` is not in {row}");
        }
        for flag in stage.flags.concat() {
            let found =
                code.iter().any(|code| code.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == flag));
            assert!(found, "the flag `{flag}` is not in {row}");
        }
    }
}
