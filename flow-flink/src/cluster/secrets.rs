//! How secrets take the place of their placeholders.

use flow::Secret;

use super::error::FlinkError;
use crate::{Script, StatementKind, placeholder};

const START: &str = "${secret:";
const END: &str = "}";

/// The statements' texts with their secrets, and what is to be hidden from now on.
pub(super) fn fill(
    script: &Script,
    secrets: &[(String, String, Secret)],
) -> Result<(Vec<String>, Vec<String>), FlinkError> {
    let mut values = Vec::new();
    for (endpoint, option, secret) in secrets {
        let value = secret.reveal().map_err(|error| FlinkError::Config(error.message().to_owned()))?;
        values.push((literal(&placeholder(endpoint, option)), literal(&value), value));
    }
    let mut used = vec![false; values.len()];
    let mut texts = Vec::new();
    for statement in &script.statements {
        let filled = match statement.kind {
            StatementKind::Table => put_in(&statement.text, &values, &mut used)?,
            _ => statement.text.clone(),
        };
        texts.push(filled);
    }
    if let Some(at) = used.iter().position(|used| !used) {
        let (endpoint, option, _) = &secrets[at];
        return Err(FlinkError::Config(format!(
            "no table has a secret option `{option}` of `{endpoint}`: take its secret out, or mend its name"
        )));
    }
    Ok((texts, values.into_iter().map(|(_, _, value)| value).collect()))
}

/// One pass, so that what a secret says is not looked at again.
fn put_in(text: &str, values: &[(String, String, String)], used: &mut [bool]) -> Result<String, FlinkError> {
    let open = format!("'{START}");
    let (mut filled, mut rest) = (String::new(), text);
    while let Some(at) = rest.find(&open) {
        filled.push_str(&rest[..at]);
        rest = &rest[at..];
        let Some(known) = values.iter().position(|(mark, ..)| rest.starts_with(mark.as_str())) else {
            let name = rest.trim_start_matches(&*open).split(END).next().unwrap_or_default();
            let (endpoint, option) = name.split_once(':').unwrap_or((name, ""));
            return Err(FlinkError::Config(format!(
                "the secret option `{option}` of `{endpoint}` has no value: give it with `.secret(\"{endpoint}\", \"{option}\", …)`"
            )));
        };
        let (mark, value, _) = &values[known];
        used[known] = true;
        filled.push_str(value);
        rest = &rest[mark.len()..];
    }
    filled.push_str(rest);
    Ok(filled)
}

fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::{Secret, fill};
    use crate::{Script, Statement, StatementKind};

    fn check(kind: StatementKind, text: &str, secrets: &[(&str, &str, &str)], expected: Result<&str, &str>) {
        let statement = Statement { kind, text: text.to_owned(), parts: Vec::new() };
        let script = Script { job_name: "a".to_owned(), settings: Vec::new(), statements: vec![statement] };
        let secrets: Vec<_> =
            secrets.iter().map(|(e, o, v)| ((*e).to_owned(), (*o).to_owned(), Secret::new(*v))).collect();
        match (fill(&script, &secrets), expected) {
            (Ok((texts, _)), Ok(expected)) => assert_eq!(texts, [expected]),
            (Err(error), Err(word)) => assert!(error.to_string().contains(word), "{error}"),
            (found, expected) => panic!("{found:?} is not {expected:?}"),
        }
    }

    #[test]
    fn secrets_take_the_place_of_their_placeholders() {
        let table = StatementKind::Table;
        check(table, "WITH ('a' = '${secret:t:a}')", &[("t", "a", "horse")], Ok("WITH ('a' = 'horse')"));
        check(table, "WITH ('a' = '${secret:t:a}')", &[("t", "a", "it's")], Ok("WITH ('a' = 'it''s')"));
        check(
            table,
            "('a' = '${secret:t:a}', 'b' = '${secret:t:b}')",
            &[("t", "b", "2"), ("t", "a", "'${secret:t:b}'")],
            Ok("('a' = '''${secret:t:b}''', 'b' = '2')"),
        );
        check(table, "('a' = '${secret:t:a}')", &[], Err("`a` of `t` has no value"));
        check(table, "('a' = '${secret:it''s:a}')", &[("it's", "a", "1")], Ok("('a' = '1')"));
        check(table, "('a' = 'b')", &[("t", "a", "1")], Err("no table has a secret option `a` of `t`"));
        check(StatementKind::Insert, "SELECT '${secret:t:a}'", &[], Ok("SELECT '${secret:t:a}'"));
    }
}
