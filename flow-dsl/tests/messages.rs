//! Every message of the compiler is in a golden: what no case provokes, nobody has read as a user does.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::visit::{self, Visit};
use syn::{Attribute, Expr, FieldValue, ItemMod, LitStr, Macro, Token};

/// The words that the compiler says: each string of several words, but for documentation, tests and `assert!`.
#[derive(Default)]
struct Messages(BTreeSet<String>);

impl Visit<'_> for Messages {
    fn visit_lit_str(&mut self, lit: &LitStr) {
        self.0.extend(Some(lit.value()).filter(|text| text.contains(' ') && text.contains(char::is_alphabetic)));
    }

    fn visit_attribute(&mut self, _: &Attribute) {}

    fn visit_item_mod(&mut self, module: &ItemMod) {
        if module.ident != "tests" {
            visit::visit_item_mod(self, module);
        }
    }

    /// What the tables say of a row is on the page of the language.
    fn visit_field_value(&mut self, field: &FieldValue) {
        let documentation = matches!(&field.member, syn::Member::Named(name) if name == "doc" || name == "usage");
        if !documentation {
            visit::visit_field_value(self, field);
        }
    }

    fn visit_macro(&mut self, mac: &Macro) {
        let parser = Punctuated::<Expr, Token![,]>::parse_terminated;
        if let (true, Ok(args)) = (mac.path.is_ident("format"), parser.parse2(mac.tokens.clone())) {
            args.iter().for_each(|arg| self.visit_expr(arg));
        }
    }
}

/// What puts a message together, and what is read when a program runs.
const NO_MESSAGES: &[&str] = &["{}\nhelp: {}", "a record `{}`"];

fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut found = Vec::new();
    for path in entries.map(|entry| entry.expect("an entry").path()) {
        if path.is_dir() {
            found.extend(files(&path, extension));
        } else if path.extension().is_some_and(|found| found == extension) {
            found.push(path);
        }
    }
    found
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The fixed parts of a template: `{name}` and `{:?}` stand for anything.
fn parts(template: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut rest = template;
    while let Some(at) = rest.find(['{', '}']) {
        let (before, after) = rest.split_at(at);
        parts.last_mut().expect("a part").push_str(before);
        let escaped = ["{{", "}}"].iter().any(|two| after.starts_with(two));
        let end = after.find('}').filter(|_| !escaped && after.starts_with('{'));
        let named = end.filter(|end| after[1..*end].chars().all(|c| c.is_alphanumeric() || "_:?".contains(c)));
        match named {
            Some(end) => {
                parts.push(String::new());
                rest = &after[end + 1..];
            }
            None => {
                let taken = if escaped { 2 } else { 1 };
                parts.last_mut().expect("a part").push_str(&after[..1]);
                rest = &after[taken..];
            }
        }
    }
    parts.last_mut().expect("a part").push_str(rest);
    parts
}

fn says(line: &str, parts: &[String]) -> bool {
    let mut rest = line;
    parts.iter().all(|part| match rest.find(part.as_str()) {
        Some(at) => {
            rest = &rest[at + part.len()..];
            true
        }
        None => false,
    })
}

#[test]
fn every_message_is_in_a_golden() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let goldens: Vec<_> = files(&root.join("tests/snapshots"), "snap")
        .iter()
        .filter(|path| path.to_string_lossy().contains("refusals"))
        .map(|path| read(path))
        .collect();
    let mut messages = Messages::default();
    for path in files(&root.join("src"), "rs") {
        let text = read(&path);
        messages.visit_file(&syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display())));
    }
    assert!(messages.0.len() > 200, "the compiler's messages are found: {}", messages.0.len());
    let said = |message: &&String| {
        let parts = parts(message);
        // A literal that is no template stands in a golden as it is.
        let whole = [(*message).clone()];
        goldens.iter().flat_map(|golden| golden.lines()).any(|line| says(line, &parts) || says(line, &whole))
    };
    let unsaid: Vec<_> =
        messages.0.iter().filter(|message| !NO_MESSAGES.contains(&message.as_str()) && !said(message)).collect();
    assert!(unsaid.is_empty(), "no golden has:\n{unsaid:#?}");
}
