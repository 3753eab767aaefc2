//! What Flink says went wrong, without 200 lines of Java.

use std::fmt;

use super::hidden::Hidden;

/// How much of one message is shown.
const SHOWN: usize = 600;

/// Exceptions that only say that another one came.
const WRAPPERS: &[&str] = &[
    "SqlGatewayException",
    "SqlExecutionException",
    "RestHandlerException",
    "RestClientException",
    "CompletionException",
    "ExecutionException",
    "JobSubmissionException",
    "JobInitializationException",
    "JobExecutionException",
    "JobException",
    "TableException: Failed to execute sql",
    "FlinkException: Failed to execute job",
];

/// What Flink says went wrong: in a line, and as it was said.
#[derive(Clone, PartialEq, Eq)]
pub struct Cause {
    line: String,
    whole: String,
}

impl Cause {
    /// The causes of a Java stack trace, the outer ones first, but for those that say nothing.
    pub(crate) fn of(said: &str, hidden: &Hidden) -> Self {
        let whole = hidden.hide(said.trim());
        let messages = messages(&whole);
        let telling = || messages.iter().filter(|message| !is_wrapper(message));
        let mut shown: Vec<String> = Vec::new();
        let last = telling().count().saturating_sub(1);
        for (at, message) in telling().enumerate() {
            // What surrounds the cause is told in a word: it often lists all options there are.
            let text = without_class(message);
            let text = if at == last { text } else { text.split("\n\n").next().unwrap_or(text).trim_end_matches('.') };
            let text = flat(text);
            // A cause often repeats what stands around it.
            let told = text.trim_end_matches('.');
            if !text.is_empty() && !shown.iter().any(|before| before.contains(told)) {
                shown.push(text);
            }
        }
        if shown.is_empty() {
            shown.extend(messages.last().map(|message| flat(without_class(message))));
        }
        Self { line: cut(shown.join(": ")), whole }
    }

    /// Everything that Flink said, with its stack traces; of secrets nothing.
    #[must_use]
    pub fn details(&self) -> &str {
        &self.whole
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.line)
    }
}

impl fmt::Debug for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cause({:?})", self.line)
    }
}

/// The message of each exception, with its class before it and without its frames.
fn messages(whole: &str) -> Vec<String> {
    let mut messages: Vec<String> = Vec::new();
    let mut inside = false;
    for line in whole.lines() {
        let text = line.trim_start();
        // One server hands on what another has said.
        let text = text.split_once("<Exception on server side:").map_or(text, |(_, rest)| rest);
        if let Some(cause) = text.strip_prefix("Caused by: ") {
            messages.push(cause.to_owned());
            inside = true;
        } else if line.starts_with("\tat ") || text.starts_with("... ") || text.starts_with("End of exception on") {
            inside = false;
        } else if inside && let Some(last) = messages.last_mut() {
            last.push('\n');
            last.push_str(text);
        } else if !text.is_empty() && text != "Internal server error." {
            messages.push(text.to_owned());
            inside = true;
        }
    }
    messages
}

fn is_wrapper(message: &str) -> bool {
    let head = message.lines().next().unwrap_or_default();
    // Wrappers name what they wrap: `CompletionException: org.…SqlGatewayException: Failed to fetchResults.`
    let class = head.split_once(": ").map_or(head, |(class, _)| class);
    let name = class.rsplit('.').next().unwrap_or(class);
    WRAPPERS.iter().any(|wrapper| match wrapper.split_once(": ") {
        Some((class, start)) => name == class && without_class(head).starts_with(start),
        None => name == *wrapper && (!tells_more(head)),
    })
}

/// Whether an exception of the gateway's own is itself what happened.
fn tells_more(head: &str) -> bool {
    head.contains("does not exist") || head.contains("Can not find the submitted operation")
}

/// The message, without the Java class before it: `org.a.B: it is wrong` is `it is wrong`.
fn without_class(message: &str) -> &str {
    match message.split_once(": ") {
        Some((class, rest)) if is_class(class) => without_class(rest),
        _ if is_class(message.trim()) => message.trim().rsplit('.').next().unwrap_or(message),
        _ => message,
    }
}

fn is_class(text: &str) -> bool {
    let legal = |c: char| c.is_alphanumeric() || ['.', '_', '$'].contains(&c);
    text.contains('.') && !text.ends_with('.') && text.chars().all(legal)
}

/// In one line.
fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn cut(mut text: String) -> String {
    if let Some((at, _)) = text.char_indices().nth(SHOWN) {
        text.truncate(at);
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{Cause, Hidden};

    #[test]
    fn the_cause_is_told_in_a_line() {
        let check = |said: &str, line: &str| assert_eq!(Cause::of(said, &Hidden::default()).to_string(), line);
        let gateway = "Internal server error.\n<Exception on server side:\n\
            org.apache.flink.table.gateway.api.utils.SqlGatewayException: \
            org.apache.flink.table.gateway.api.utils.SqlGatewayException: Failed to fetchResults.\n\tat a.B.c(B.java:1)\n\
            Caused by: org.apache.flink.table.gateway.service.utils.SqlExecutionException: Failed to execute the operation 1.\n\
            \tat a.B.c(B.java:1)\n\t... 7 more\n";
        let end = "\n\tat a.B.c(B.java:1)\n\t... 1 more\n\nEnd of exception on server side>";
        check(
            &format!("{gateway}Caused by: org.apache.flink.table.api.ValidationException: Cannot find table 'x'.{end}"),
            "Cannot find table 'x'.",
        );
        check(
            &format!(
                "{gateway}Caused by: org.a.ValidationException: Unable to read 'k'.\n\nTable options are:\n\n'a'='b'\n\tat a.B.c(B.java)\n\
                 Caused by: org.a.ValidationException: Unsupported options.\n\nUnsupported options:\n\nnonsense{end}"
            ),
            "Unable to read 'k': Unsupported options. Unsupported options: nonsense",
        );
        check(
            &format!(
                "{gateway}Caused by: org.a.ParserException: Wrong at line 1.\n\tat a.B.c(B.java)\nCaused by: org.b.Parse: Wrong at line 1.{end}"
            ),
            "Wrong at line 1",
        );
        check(
            "org.a.SqlGatewayException: Failed.\n\tat a.B\nCaused by: org.a.SqlGatewayException: Session '1' does not exist.",
            "Session '1' does not exist.",
        );
        check(
            "java.util.concurrent.CompletionException: java.lang.NullPointerException\n\tat a.B",
            "NullPointerException",
        );
        check("java.lang.ArithmeticException: / by zero", "/ by zero");
        check("Unable to load requested file /nonsense.", "Unable to load requested file /nonsense.");
        check("", "");
        let long = Cause::of(&"ä".repeat(10_000), &Hidden::default());
        assert_eq!((long.to_string().chars().count(), long.details().len()), (601, 20_000));
    }

    #[test]
    fn no_secret_is_told() {
        let cause = Cause::of("org.a.B: password 'it''s' is wrong", &Hidden::new(["it's".to_owned()]));
        assert_eq!(cause.to_string(), "password '***' is wrong");
        assert!(!format!("{cause:?} {}", cause.details()).contains("it''s"));
    }
}
