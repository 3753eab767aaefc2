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

/// As it is, as a literal of SQL, and as JSON has it.
fn forms(secret: String) -> [String; 3] {
    let json = serde_json::Value::from(secret.as_str()).to_string();
    let json = json.trim_start_matches('"').strip_suffix('"').unwrap_or_default().to_owned();
    [secret.replace('\'', "''"), json, secret]
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
        check("", "nothing", "nothing");
        let both = Hidden::new(["pass".to_owned()]).and(["password".to_owned()]);
        assert_eq!(both.hide("password, pass"), "***, ***");
        assert!(!format!("{both:?}").contains("pass"));
    }
}
