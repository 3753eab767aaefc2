//! The files of the project, read once.

use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::visit_mut::VisitMut;

use super::tokens::{self, Token};

/// Larger files are data.
const LARGEST: u64 = 1 << 20;

/// Tests' data that is no whole program: pieces of `pipeline!`, programs with mistakes.
pub(super) const DATA: &[&str] = &["flow-dsl/tests/expand/", "flow-dsl/tests/refuse/", "flow/tests/ui/"];

/// Every text file of the project.
pub(super) struct Tree {
    pub(super) root: PathBuf,
    pub(super) files: Vec<File>,
}

/// A text file, by its path from the top.
pub(super) struct File {
    pub(super) path: String,
    pub(super) text: String,
    /// What a Rust file says; nothing for another.
    pub(super) rust: Option<Rust>,
}

/// A Rust file, parsed.
pub(super) struct Rust {
    pub(super) syntax: syn::File,
    /// Its tokens, comments and documentation apart.
    pub(super) all: Vec<Token>,
    /// The same without what is compiled for tests only.
    pub(super) code: Vec<Token>,
}

impl Tree {
    /// Reads the project.
    ///
    /// # Errors
    /// When a file cannot be read, or a Rust file cannot be parsed.
    pub(super) fn read(root: &Path) -> Result<Self, String> {
        let mut files = Vec::new();
        collect(root, root, &mut files)?;
        files.sort_by(|a: &File, b: &File| a.path.cmp(&b.path));
        Ok(Self::of(root, files))
    }

    fn of(root: &Path, mut files: Vec<File>) -> Self {
        for path in test_modules(&files) {
            for file in &mut files {
                if file.path == format!("{path}.rs") || file.path.starts_with(&format!("{path}/")) {
                    file.rust.iter_mut().for_each(|rust| rust.code.clear());
                }
            }
        }
        Self { root: root.to_path_buf(), files }
    }

    /// A project of these files, for the rules' own tests.
    #[cfg(test)]
    pub(super) fn planted(files: &[(&str, &str)]) -> Self {
        let read = |(path, text): &(&str, &str)| File::new((*path).to_owned(), (*text).to_owned()).unwrap();
        Self::of(Path::new("."), files.iter().map(read).collect())
    }

    /// The file at this path.
    pub(super) fn file(&self, path: &str) -> Option<&File> {
        self.files.iter().find(|file| file.path == path)
    }

    /// The Rust files.
    pub(super) fn rust(&self) -> impl Iterator<Item = (&File, &Rust)> {
        self.files.iter().filter_map(|file| Some((file, file.rust.as_ref()?)))
    }
}

impl File {
    fn new(path: String, text: String) -> Result<Self, String> {
        let rust = match path.ends_with(".rs").then(|| Rust::parse(&text)).transpose() {
            Ok(rust) => rust,
            Err(_) if DATA.iter().any(|folder| path.starts_with(folder)) => None,
            Err(error) => return Err(format!("{path}: {error}")),
        };
        Ok(Self { path, text, rust })
    }
}

impl Rust {
    fn parse(text: &str) -> syn::Result<Self> {
        let syntax = syn::parse_file(text)?;
        let all = tokens::flatten(text.parse::<TokenStream>()?);
        let mut without_tests = syntax.clone();
        Tests.visit_file_mut(&mut without_tests);
        Ok(Self { syntax, all, code: tokens::flatten(without_tests.into_token_stream()) })
    }
}

/// Takes out what stands under `#[cfg(test)]` or is a test.
struct Tests;

impl VisitMut for Tests {
    fn visit_file_mut(&mut self, file: &mut syn::File) {
        if file.attrs.iter().any(for_tests) {
            file.items.clear();
        }
        file.items.retain(|item| !attributes(item).iter().any(for_tests));
        syn::visit_mut::visit_file_mut(self, file);
    }

    fn visit_item_mod_mut(&mut self, module: &mut syn::ItemMod) {
        if let Some((_, items)) = &mut module.content {
            items.retain(|item| !attributes(item).iter().any(for_tests));
        }
        syn::visit_mut::visit_item_mod_mut(self, module);
    }

    fn visit_item_impl_mut(&mut self, block: &mut syn::ItemImpl) {
        block.items.retain(|item| match item {
            syn::ImplItem::Fn(method) => !method.attrs.iter().any(for_tests),
            _ => true,
        });
    }
}

fn attributes(item: &syn::Item) -> &[syn::Attribute] {
    match item {
        syn::Item::Const(item) => &item.attrs,
        syn::Item::Enum(item) => &item.attrs,
        syn::Item::Fn(item) => &item.attrs,
        syn::Item::Impl(item) => &item.attrs,
        syn::Item::Macro(item) => &item.attrs,
        syn::Item::Mod(item) => &item.attrs,
        syn::Item::Static(item) => &item.attrs,
        syn::Item::Struct(item) => &item.attrs,
        syn::Item::Trait(item) => &item.attrs,
        syn::Item::Type(item) => &item.attrs,
        syn::Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

/// Whether an attribute is `#[test]`, `#[tokio::test]`, `#[cfg(test)]` or `#[cfg(all(test, …))]`.
fn for_tests(attribute: &syn::Attribute) -> bool {
    if attribute.path().segments.last().is_some_and(|last| last.ident == "test") {
        return true;
    }
    let syn::Meta::List(list) = &attribute.meta else { return false };
    let words: Vec<String> = tokens::flatten(list.tokens.clone()).into_iter().map(|token| token.text).collect();
    attribute.path().is_ident("cfg")
        && (words == ["test"] || words.starts_with(&["all".to_owned(), "(".to_owned(), "test".to_owned()]))
}

/// The modules in files of their own that are declared under `#[cfg(test)]`, as paths without the ending.
fn test_modules(files: &[File]) -> Vec<String> {
    let mut found = Vec::new();
    for file in files {
        let Some(rust) = &file.rust else { continue };
        let (folder, name) = file.path.rsplit_once('/').unwrap_or(("", &file.path));
        let root = ["mod.rs", "lib.rs", "main.rs"].contains(&name);
        let folder = if root { folder.to_owned() } else { format!("{folder}/{}", name.trim_end_matches(".rs")) };
        for item in &rust.syntax.items {
            if let syn::Item::Mod(module) = item
                && module.content.is_none()
                && module.attrs.iter().any(for_tests)
            {
                found.push(format!("{folder}/{}", module.ident));
            }
        }
    }
    found
}

fn collect(root: &Path, folder: &Path, files: &mut Vec<File>) -> Result<(), String> {
    let said = |error: std::io::Error| format!("{}: {error}", folder.display());
    for entry in fs::read_dir(folder).map_err(said)? {
        let entry = entry.map_err(said)?;
        let (path, name) = (entry.path(), entry.file_name());
        let name = name.to_string_lossy();
        let kind = entry.file_type().map_err(said)?;
        if kind.is_dir() {
            let hidden = name.starts_with('.') && name != ".ci" && name != ".cargo";
            if !hidden && name != "target" && name != "corpus" {
                collect(root, &path, files)?;
            }
        } else if kind.is_file() && entry.metadata().map_err(said)?.len() <= LARGEST {
            // What is not text is not ours to judge.
            if let Ok(text) = String::from_utf8(fs::read(&path).map_err(said)?) {
                let relative = path.strip_prefix(root).unwrap_or(&path);
                files.push(File::new(relative.to_string_lossy().replace('\\', "/"), text)?);
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{File, Tree};

    #[test]
    fn only_data_may_be_no_rust() {
        let reads = |path: &str| File::new(path.to_owned(), "a -> b".to_owned()).map(|file| file.rust.is_some());
        assert_eq!(reads("flow-dsl/tests/expand/a.rs"), Ok(false));
        assert_eq!(reads("flow/tests/ui/a.rs"), Ok(false));
        for path in ["flow/tests/a.rs", "flow/src/a.rs", "examples/tests/all/a.rs", "flow-dsl/tests/goldens.rs"] {
            assert!(reads(path).is_err(), "{path}");
        }
        assert_eq!(File::new("a.rs".to_owned(), "fn f() {}".to_owned()).map(|file| file.rust.is_some()), Ok(true));
    }

    #[test]
    fn what_is_for_tests_is_told_apart() {
        let lib = "mod kept { fn a() {} #[cfg(test)] mod gone { fn b() {} } } #[cfg(test)] mod inside { fn c() {} }
                   #[cfg(test)] mod apart; #[tokio::test] async fn d() {} #[cfg(all(test, unix))] fn e() {} fn f() {}";
        let tree = Tree::planted(&[("flow/src/lib.rs", lib), ("flow/src/apart.rs", "fn g() {}")]);
        let names: String = tree
            .rust()
            .flat_map(|(_, rust)| rust.code.iter())
            .filter(|token| token.text.len() == 1 && token.text.chars().all(char::is_alphabetic))
            .map(|token| token.text.as_str())
            .collect();
        assert_eq!(names, "af");
    }
}
