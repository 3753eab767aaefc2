//! Takes secrets out of what others say.

use std::fmt;
use std::sync::Arc;

/// What stands where a secret stood.
const MARK: &str = "***";

/// Takes secrets out of texts of others, in each form in which they may come back.
#[derive(Clone, Default)]
pub(crate) struct Hidden(Arc<[String]>);

impl Hidden {
    pub(crate) fn new(secrets: impl IntoIterator<Item = String>) -> Self {
        let mut forms: Vec<String> = secrets.into_iter().flat_map(forms).filter(|form| !form.is_empty()).collect();
        // The longest first, for one may be a part of another.
        forms.sort_by_key(|form| std::cmp::Reverse(form.len()));
        forms.dedup();
        Self(forms.into())
    }

    /// These and others.
    pub(crate) fn and(&self, secrets: impl IntoIterator<Item = String>) -> Self {
        Self::new(self.0.iter().cloned().chain(secrets))
    }

    /// The text, without any of the secrets.
    pub(crate) fn hide(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, secret| text.replace(&**secret, MARK))
    }
}

/// As it is, and as SQL, JSON, a parser's message and a plan of Flink's write it.
fn forms(secret: String) -> [String; 6] {
    let json = serde_json::Value::from(secret.as_str()).to_string();
    let json = json[1..json.len() - 1].to_owned();
    let sql = secret.replace('\'', "''");
    [java(&secret), java(&sql), unicode(&sql), json, sql, secret]
}

/// As a parser quotes what it cannot read.
fn java(text: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        match c {
            '\\' | '\'' | '"' => escaped.extend(['\\', c]),
            '\n' => escaped.push_str("\\n"),
            '\r' => escaped.push_str("\\r"),
            '\t' => escaped.push_str("\\t"),
            ' '..='~' => escaped.push(c),
            c => escaped.extend(c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}"))),
        }
    }
    escaped
}

/// As a plan writes a literal that is not plain ASCII: `u&'\00e4'`.
fn unicode(text: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        match c {
            '\\' => escaped.push_str("\\\\"),
            c if c.is_ascii() => escaped.push(c),
            c => escaped.extend(c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\{unit:04x}"))),
        }
    }
    escaped
}

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hidden({})", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::Hidden;

    #[test]
    fn secrets_are_taken_out_of_a_text() {
        let check = |secret: &str, text: &str, shown: &str| {
            assert_eq!(Hidden::new([secret.to_owned()]).hide(text), shown, "{secret}");
        };
        check("horse", "the horse is a horse", "the *** is a ***");
        check("it's", "WITH ('a' = 'it''s')", "WITH ('a' = '***')");
        check("a \"b\"", r#"{"error":"a \"b\" is wrong"}"#, r#"{"error":"*** is wrong"}"#);
        check("it's", r#"Encountered "\'it\'\'s\'""#, r#"Encountered "\'***\'""#);
        check("a\\b\"ä\n", r#"Encountered "\'a\\b\"\u00e4\n\'""#, r#"Encountered "\'***\'""#);
        check("ä'𝄞", r"u&'\00e4''\d834\dd1e'", "u&'***'");
        check("", "nothing", "nothing");
        let both = Hidden::new(["pass".to_owned()]).and(["password".to_owned()]);
        assert_eq!(both.hide("password, pass"), "***, ***");
        assert!(!format!("{both:?}").contains("pass"));
    }
}
