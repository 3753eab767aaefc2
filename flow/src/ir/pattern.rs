//! Regular expressions that Rust's and Java's engines read alike.
//!
//! The subset: literal characters; `.` (no line end); classes `[a-z]` and `[^a-z]`; `\d \D \w \W \s \S` (ASCII); `^` and `$`
//! at the very start and end of the text; groups `(…)` and `(?:…)`; `|`; `* + ? {n} {n,} {n,m}`, also lazy; escaped
//! punctuation and `\t \n \r`. Where the engines differ in a part of it, the Rust side is rewritten to what is said here.

#[cfg(feature = "regex")]
use std::cell::RefCell;
#[cfg(feature = "regex")]
use std::collections::HashMap;

/// The longest pattern.
const MAX_LENGTH: usize = 1_000;
/// The largest count in `{n,m}`.
const MAX_COUNT: u32 = 1_000;

/// Whether a pattern is of the subset.
///
/// # Errors
///
/// What in it is not.
pub fn check(pattern: &str) -> Result<(), String> {
    let rewritten = rewrite(pattern)?;
    #[cfg(feature = "regex")]
    regex::Regex::new(&rewritten).map_err(|error| error.to_string())?;
    let _ = rewritten;
    Ok(())
}

/// The pattern as the `regex` crate has to read it to mean what the subset says.
fn rewrite(pattern: &str) -> Result<String, String> {
    if pattern.len() > MAX_LENGTH {
        return Err(format!("it is longer than {MAX_LENGTH} bytes"));
    }
    let mut rewriter = Rewriter { chars: pattern.chars().peekable(), out: String::new(), open: 0, atom: false };
    while let Some(c) = rewriter.chars.next() {
        rewriter.one(c)?;
    }
    if rewriter.open > 0 {
        return Err("a group is not closed".to_owned());
    }
    Ok(rewriter.out)
}

struct Rewriter<'a> {
    chars: std::iter::Peekable<std::str::Chars<'a>>,
    out: String,
    open: usize,
    /// Whether what stands before can be repeated.
    atom: bool,
}

impl Rewriter<'_> {
    fn one(&mut self, c: char) -> Result<(), String> {
        match c {
            '.' => self.atom(r"[^\n\r\x{85}\x{2028}\x{2029}]"),
            '^' => self.anchor(r"\A"),
            '$' => self.anchor(r"\z"),
            '|' => self.anchor("|"),
            '[' => return self.class(),
            '\\' => return self.escape(),
            '(' => {
                if self.chars.next_if_eq(&'?').is_some() {
                    self.chars.next_if_eq(&':').ok_or("`(?` other than `(?:`")?;
                }
                self.open += 1;
                self.anchor("(?:");
            }
            ')' => {
                self.open = self.open.checked_sub(1).ok_or("a `)` without its `(`")?;
                self.atom(")");
            }
            '*' | '+' | '?' => return self.repeat(&c.to_string()),
            '{' => return self.count(),
            ']' | '}' => return Err(format!("a bare `{c}`: write `\\{c}`")),
            other => self.atom(&regex_escape(other)),
        }
        Ok(())
    }

    fn atom(&mut self, text: &str) {
        self.out.push_str(text);
        self.atom = true;
    }

    fn anchor(&mut self, text: &str) {
        self.out.push_str(text);
        self.atom = false;
    }

    fn repeat(&mut self, how: &str) -> Result<(), String> {
        if !self.atom {
            return Err(format!("`{how}` has nothing to repeat"));
        }
        self.out.push_str(how);
        if self.chars.next_if_eq(&'?').is_some() {
            self.out.push('?');
        }
        self.atom = false;
        Ok(())
    }

    fn count(&mut self) -> Result<(), String> {
        let mut inner = String::new();
        loop {
            match self.chars.next() {
                Some('}') => break,
                Some(c) if c.is_ascii_digit() || c == ',' => inner.push(c),
                _ => return Err("a `{` that is no count: write `\\{`".to_owned()),
            }
        }
        let number = |text: &str| text.parse::<u32>().ok().filter(|n| *n <= MAX_COUNT);
        let valid = match inner.split_once(',') {
            None => number(&inner).is_some(),
            Some((from, "")) => number(from).is_some(),
            Some((from, to)) => number(from).zip(number(to)).is_some_and(|(from, to)| from <= to),
        };
        if valid { self.repeat(&format!("{{{inner}}}")) } else { Err(format!("the count `{{{inner}}}`")) }
    }

    fn escape(&mut self) -> Result<(), String> {
        let text = escaped(self.chars.next(), false)?;
        self.atom(&text);
        Ok(())
    }

    fn class(&mut self) -> Result<(), String> {
        let negated = self.chars.next_if_eq(&'^').is_some();
        let mut out = String::from(if negated { "[^" } else { "[" });
        // The character that a `-` after it makes a range of.
        let (mut from, mut items) = (None, 0);
        loop {
            let next = self.chars.next().ok_or("a class is not closed")?;
            from = match next {
                ']' if items > 0 => break,
                ']' => return Err("an empty class, or a bare `]` in one: write `\\]`".to_owned()),
                '[' => return Err("a bare `[` in a class: write `\\[`".to_owned()),
                '&' | '~' if self.chars.peek() == Some(&next) => return Err(format!("`{next}{next}` in a class")),
                '\\' => {
                    out.push_str(&escaped(self.chars.next(), true)?);
                    None
                }
                '-' if items > 0 && self.chars.peek() != Some(&']') => {
                    let to = self.chars.next().filter(|to| !matches!(to, '-' | '[' | '\\'));
                    let to = to.filter(|to| from.is_some_and(|from| from <= *to));
                    let to = to.ok_or("a `-` in a class that is no simple range: write `\\-`")?;
                    out.push('-');
                    out.push_str(&regex_escape(to));
                    None
                }
                c => {
                    out.push_str(&regex_escape(c));
                    Some(c)
                }
            };
            items += 1;
        }
        out.push(']');
        self.atom(&out);
        Ok(())
    }
}

fn escaped(c: Option<char>, in_class: bool) -> Result<String, String> {
    let (inner, negated) = match c {
        Some('d') => ("0-9", false),
        Some('w') => ("0-9A-Za-z_", false),
        Some('s') => (r"\t\n\x0B\f\r ", false),
        Some('D') => ("0-9", true),
        Some('W') => ("0-9A-Za-z_", true),
        Some('S') => (r"\t\n\x0B\f\r ", true),
        Some(c @ ('t' | 'n' | 'r')) => return Ok(format!("\\{c}")),
        Some(c) if c.is_ascii_punctuation() => return Ok(regex_escape(c)),
        Some(c) => return Err(format!("the escape `\\{c}`")),
        None => return Err("a `\\` at the end".to_owned()),
    };
    match (in_class, negated) {
        (true, true) => Err("a negated class within a class".to_owned()),
        (true, false) => Ok(inner.to_owned()),
        (false, true) => Ok(format!("[^{inner}]")),
        (false, false) => Ok(format!("[{inner}]")),
    }
}

fn regex_escape(c: char) -> String {
    if c.is_ascii_punctuation() && c != '_' { format!("\\x{:02X}", c as u32) } else { c.to_string() }
}

/// Calls `f` with the compiled pattern; each thread compiles a pattern once.
///
/// # Errors
///
/// When the pattern is not of the subset.
#[cfg(feature = "regex")]
pub(crate) fn is_match(text: &str, pattern: &str) -> Result<bool, String> {
    thread_local!(static CACHE: RefCell<HashMap<String, regex::Regex>> = RefCell::new(HashMap::new()));
    CACHE.with_borrow_mut(|cache| {
        if let Some(regex) = cache.get(pattern) {
            return Ok(regex.is_match(text));
        }
        let regex = regex::Regex::new(&rewrite(pattern)?).map_err(|error| error.to_string())?;
        let found = regex.is_match(text);
        cache.insert(pattern.to_owned(), regex);
        Ok(found)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_common_subset_is_taken() {
        for good in ["", "a.b", r"^\d{2,4}-[a-z_]+$", "(a|b)*?c", r"[^\]\-\\x]", r"\$\.", "ä+", "[-a]", "[a-]", "a{3}"]
        {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        for bad in [
            r"\bword", r"(?i)a", r"(?<n>a)", r"(?=a)", r"a*+", r"a**", r"\p{L}", "[a&&b]", "[[a]]", "[", "(", ")", "]",
            "a{2,1}", "a{9999}", "*", "a|*", r"\", "[]", "[]a]", r"\1", r"[\D]", "{", "[a--b]", "[z-a",
        ] {
            assert!(check(bad).is_err(), "{bad}");
        }
        assert!(check(&"a".repeat(1_000_000)).is_err());
    }

    #[cfg(feature = "regex")]
    #[test]
    fn it_matches_as_java_does() {
        for (text, pattern, found) in [
            ("order 17", r"\d+", true),
            ("١٢", r"\d", false),
            ("é", r"\w", false),
            ("a\r", "a.", false),
            ("ab\n", "b$", false),
            ("a-b", "[a-z]-b", true),
            ("x", "^(?:y|x)$", true),
            ("", "", true),
            ("a_b#", "_b#", true),
        ] {
            assert_eq!(is_match(text, pattern), Ok(found), "{text:?} {pattern}");
        }
    }
}
