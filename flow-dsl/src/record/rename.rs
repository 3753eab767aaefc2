//! `rename_all`: the cases that serde knows, for the names of fields.

/// Makes the name of a field in a case of its own.
pub type Case = fn(&str) -> String;

/// The cases and what they make of a name.
pub const CASES: &[(&str, Case)] = &[
    ("lowercase", str::to_owned),
    ("UPPERCASE", str::to_ascii_uppercase),
    ("PascalCase", pascal),
    ("camelCase", camel),
    ("snake_case", str::to_owned),
    ("SCREAMING_SNAKE_CASE", str::to_ascii_uppercase),
    ("kebab-case", |name| name.replace('_', "-")),
    ("SCREAMING-KEBAB-CASE", |name| name.to_ascii_uppercase().replace('_', "-")),
];

fn pascal(name: &str) -> String {
    let mut upper = true;
    let mut made = String::new();
    for letter in name.chars() {
        match letter {
            '_' => upper = true,
            _ if upper => {
                made.push(letter.to_ascii_uppercase());
                upper = false;
            }
            _ => made.push(letter),
        }
    }
    made
}

fn camel(name: &str) -> String {
    let name = pascal(name);
    let first = name.chars().next().map_or(0, char::len_utf8);
    name[..first].to_ascii_lowercase() + &name[first..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cases_are_those_of_serde() {
        let of = |case: &str| CASES.iter().find(|(name, _)| *name == case).map(|(_, make)| make("placed_at"));
        for (case, expect) in [
            ("lowercase", "placed_at"),
            ("UPPERCASE", "PLACED_AT"),
            ("PascalCase", "PlacedAt"),
            ("camelCase", "placedAt"),
            ("snake_case", "placed_at"),
            ("SCREAMING_SNAKE_CASE", "PLACED_AT"),
            ("kebab-case", "placed-at"),
            ("SCREAMING-KEBAB-CASE", "PLACED-AT"),
        ] {
            assert_eq!(of(case).as_deref(), Some(expect), "{case}");
        }
        assert_eq!(camel(""), "");
    }
}
