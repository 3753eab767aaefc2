//! Every Rust file is compiled: a crate's root, or a module that a file beside or above it declares. One that nobody declares looks like
//! code, and like tests, and is neither.

use super::Finding;
use super::tokens;
use super::tree::{File, Tree};

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let lost = tree.rust().map(|(file, _)| file).filter(|file| !is_data(&file.path));
    let lost = lost.filter(|file| !is_root(tree, &file.path) && !is_declared(tree, &file.path));
    lost.map(|file| Finding::new(&file.path, 1, "no `mod` and no manifest names this file: it is not compiled"))
        .collect()
}

/// What tests read as text.
fn is_data(path: &str) -> bool {
    super::tree::DATA.iter().any(|folder| path.starts_with(folder))
}

/// Whether cargo compiles the file by its place, or as the package's manifest says.
fn is_root(tree: &Tree, path: &str) -> bool {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    if ["lib.rs", "main.rs", "build.rs"].contains(&name) {
        return true;
    }
    let Some((package, manifest)) = manifest(tree, folder) else { return false };
    let inside = path.strip_prefix(package).unwrap_or(path).trim_start_matches('/');
    if manifest.text.contains(&format!("path = \"{inside}\"")) {
        return true;
    }
    let stem = name.trim_end_matches(".rs");
    let found = ["tests", "benches"].iter().any(|place| inside == format!("{place}/{name}"));
    found && (!manifest.text.contains("autotests = false") || manifest.text.contains(&format!("name = \"{stem}\"")))
}

/// The nearest manifest at or above a folder, with its own folder.
fn manifest<'a>(tree: &'a Tree, folder: &'a str) -> Option<(&'a str, &'a File)> {
    let above = std::iter::successors(Some(folder), |folder| folder.rsplit_once('/').map(|(above, _)| above));
    above.into_iter().find_map(|folder| Some((folder, tree.file(&format!("{folder}/Cargo.toml"))?)))
}

/// Whether `mod name;` stands in a file of the same folder, or in that which the folder belongs to.
fn is_declared(tree: &Tree, path: &str) -> bool {
    let module = path.trim_end_matches(".rs").trim_end_matches("/mod");
    let Some((folder, name)) = module.rsplit_once('/') else { return false };
    let pattern = ["mod", name, ";"].map(str::to_owned);
    tree.rust().filter(|(file, _)| file.path != path).any(|(file, rust)| {
        let place = file.path.rsplit_once('/').map_or("", |(place, _)| place);
        let by_name = place == folder || file.path.strip_suffix(".rs") == Some(folder);
        let said = path.strip_prefix(place).map(|inside| format!("#[path = \"{}\"]", inside.trim_start_matches('/')));
        by_name && tokens::find(&rust.all, &pattern).next().is_some()
            || said.is_some_and(|said| file.text.contains(&said))
    })
}

#[cfg(test)]
mod tests {
    use super::{Tree, check};

    #[test]
    fn a_file_that_nobody_compiles_is_found() {
        let manifest = "[package]\nautotests = false\n[[test]]\nname = \"all\"\n[[example]]\nname = \"b\"\npath = \"shown/b.rs\"\n";
        let check = |path: &str, times: usize| {
            let files = [
                ("flow/Cargo.toml", manifest),
                ("dsl/Cargo.toml", "[package]\n"),
                ("flow/src/lib.rs", "mod a; mod deep; #[path = \"deep/hidden.rs\"] mod other;"),
                ("flow/src/deep/mod.rs", "#[cfg(test)] mod tests;"),
                ("flow/src/a.rs", "mod inner; // mod told;"),
                ("flow/tests/all.rs", "mod one;"),
                (path, ""),
            ];
            assert_eq!(check(&Tree::planted(&files)).len(), times, "{path}");
        };
        for compiled in [
            "flow/src/a/inner.rs",
            "flow/src/deep/hidden.rs",
            "flow/src/deep/tests.rs",
            "flow/tests/one.rs",
            "flow/shown/b.rs",
            "dsl/tests/c.rs",
        ] {
            check(compiled, 0);
        }
        for lost in
            ["flow/src/b.rs", "flow/src/a/told.rs", "flow/src/deep/inner.rs", "flow/tests/two.rs", "flow/c.rs", "d.rs"]
        {
            check(lost, 1);
        }
        check("flow/tests/ui/mistake.rs", 0);
    }
}
