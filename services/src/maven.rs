//! Jars, by Maven.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{Error, Result, cache};

/// What a service's programs are made of.
pub(crate) struct Jars {
    /// The service's name.
    pub(crate) name: &'static str,
    /// The service's version.
    pub(crate) version: &'static str,
    /// Each as `group:artifact:version`; what they need comes with them.
    pub(crate) artifacts: Vec<String>,
    /// What else belongs to the folder, made once the jars are in it.
    pub(crate) also: fn(&Path) -> Result<()>,
}

impl Jars {
    /// The folder, if they are there.
    pub(crate) fn find(&self) -> Option<PathBuf> {
        cache::find(&cache::folder().ok()?, &self.folder())
    }

    /// The folder, with the jars in `libs`; fetched if they are not there.
    ///
    /// # Errors
    /// With what Maven said.
    pub(crate) fn get(&self, say: &dyn Fn(&str)) -> Result<PathBuf> {
        let cache = cache::folder()?;
        cache::complete(&cache, &self.folder(), |folder| {
            say(&format!("{} {}: fetching its jars into {}", self.name, self.version, cache.display()));
            self.fetch(folder)?;
            (self.also)(folder)
        })
    }

    fn fetch(&self, folder: &Path) -> Result<()> {
        let pom = folder.join("pom.xml");
        fs::write(&pom, self.pom()).map_err(Error::at(&pom))?;
        let mut maven = Command::new("mvn");
        maven.args(["--batch-mode", "--quiet", "dependency:copy-dependencies", "-DincludeScope=runtime"]);
        maven.arg("-DoutputDirectory=libs").current_dir(folder);
        output(&mut maven).map(|_| ())
    }

    /// Other artifacts are another folder, so that two checkouts do not take each other's.
    fn folder(&self) -> String {
        let pom = self.pom();
        let hash = pom.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3) // FNV-1a
        });
        format!("{}-{}-{:08x}", self.name, self.version, hash >> 32)
    }

    fn pom(&self) -> String {
        let dependencies: String = self.artifacts.iter().map(|artifact| dependency(artifact)).collect();
        let name = self.name;
        format!(
            "<project xmlns=\"http://maven.apache.org/POM/4.0.0\">\n  <modelVersion>4.0.0</modelVersion>\n  \
             <groupId>flow</groupId>\n  <artifactId>{name}</artifactId>\n  <version>1</version>\n  \
             <packaging>pom</packaging>\n  <dependencies>\n{dependencies}  </dependencies>\n</project>\n"
        )
    }
}

fn dependency(artifact: &str) -> String {
    let tags = ["groupId", "artifactId", "version"];
    let inside: String =
        tags.iter().zip(artifact.split(':')).map(|(tag, text)| format!("<{tag}>{text}</{tag}>")).collect();
    format!("    <dependency>{inside}</dependency>\n")
}

/// What a command prints, if it ends well.
///
/// # Errors
/// With all that it said.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let said = command.output().map_err(|error| Error::new(format!("could not run {program}: {error}")))?;
    let out = String::from_utf8_lossy(&said.stdout).into_owned();
    if said.status.success() {
        return Ok(out);
    }
    Err(Error::new(format!("{command:?}: {}\n{out}{}", said.status, String::from_utf8_lossy(&said.stderr))))
}
