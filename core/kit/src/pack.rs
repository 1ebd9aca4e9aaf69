//! The file that is published: a built plugin together with the captures that it is tested with; and trying such a file out
//! before it is used.

use crate::package::file_name;
use crate::{KitError, Package, TestReport, declared, test};
use prosector_loader::{Binding, Build, Limits, Located, PackageFile, Plugin, Sandbox, TestSetup};
use prosector_package::{About, Manifest, Sample, SampleInfo};
use std::path::{Path, PathBuf};

/// A package that was made.
pub struct Packed {
    /// Its file.
    pub file: PathBuf,
    /// What that has in bytes.
    pub size: usize,
    /// Its name and version.
    pub name: String,
    /// What people will miss in it, one a line.
    pub missing: Vec<String>,
}

/// Builds a package, holds it against its captures, and makes the one file of all of it. Without `output` that is
/// `build/NAME-VERSION.wasm` in the package's folder. What does not pass its tests is not packed; then there is no file.
pub fn pack(package: &Package, output: Option<&Path>) -> Result<(TestReport, Option<Packed>), KitError> {
    let built = crate::build(package, None)?;
    let report = test(package, &built.plugin, false)?;
    if !report.is_good() {
        return Ok((report, None));
    }
    let About { mut manifest, readme, .. } = package.about(&built.plugin);
    let mut samples = Vec::new();
    manifest.test = sample_info(&package.file.test);
    for path in package.captures()? {
        let name = file_name(&path);
        let read = |path: &Path| std::fs::read(path).map_err(|e| KitError::file(path, e));
        let expected = String::from_utf8(read(&path.with_file_name(format!("{name}.txt")))?).map_err(KitError::new)?;
        let own = package.file.captures.get(&name).map(sample_info);
        manifest.captures.insert(name.clone(), own.unwrap_or_default());
        samples.push(Sample { name: name.into(), capture: read(&path)?.into(), expected: expected.into() });
    }
    for file in &package.file.test_plugins {
        let plugin = Sandbox::new().load(file, &Limits::default(), false)?;
        manifest.test_plugins.push(plugin.name().to_owned());
    }
    let missing = missing(&manifest, readme.is_some());
    let name = format!("{} {}", manifest.name, manifest.version);
    let file = format!("{}-{}.wasm", built.plugin.name(), manifest.version);
    let file = output.map_or_else(|| package.folder.join("build").join(file), Path::to_owned);
    let named = |e: prosector_package::PackageError| KitError::file(&file, e);
    if !built.plugin.version().build.is_empty() {
        let version = built.plugin.version();
        return Err(KitError::new(format!(
            "version {version} has a build number, by which no two versions can be told apart"
        )));
    }
    let code = std::fs::read(&built.file).map_err(|e| KitError::file(&built.file, e))?;
    let packed = prosector_package::describe(&code, &About { manifest, readme, samples }).map_err(named)?;
    prosector_package::Package::read(&packed).and_then(|package| package.name()).map_err(named)?;
    crate::build::write(&file, &packed)?;
    Ok((report, Some(Packed { file, size: packed.len(), name, missing })))
}

/// How captures are tested, as the package says it.
fn sample_info(setup: &TestSetup) -> SampleInfo {
    let bindings = setup.decode_as.iter().map(|binding| &binding.value);
    SampleInfo {
        origin: setup.origin.clone().unwrap_or_default(),
        settings: setup.settings.iter().map(|setting| setting.value.clone()).collect(),
        decode_as: bindings.map(|b| format!("{}=={},{}", b.table, b.key, b.dissector)).collect(),
    }
}

fn missing(manifest: &Manifest, readme: bool) -> Vec<String> {
    let mut missing = Vec::new();
    let unknown: Vec<&str> =
        manifest.captures.keys().filter(|name| manifest.origin(name).is_empty()).map(|name| &**name).collect();
    if let [first, ..] = &unknown[..] {
        missing.push(format!(
            "nothing says where {} come from; plugin.toml can: [test.capture.\"{first}\"] origin = \"…\", or [test] origin for all",
            unknown.join(", ")
        ));
    }
    for (what, is_missing) in [
        ("licence: [package] license", manifest.license.is_empty()),
        ("description: [package] description", manifest.description.is_empty()),
    ] {
        if is_missing {
            missing.push(format!("it has no {what} in plugin.toml"));
        }
    }
    if !readme {
        missing.push("it has no README.md".into());
    }
    missing
}

/// A package's file that was tried out.
pub struct Tried {
    /// The plugin, loaded as the host loads it.
    pub plugin: Plugin,
    /// What its captures have shown; `None` where it has none.
    pub report: Option<TestReport>,
}

/// Loads the plugin of a package's file in its sandbox, holds what it declares against the manifest, and its captures against
/// the trees that they must give. `others` are the files of the plugins that its tests need.
pub fn try_package(
    package: &prosector_package::Package<'_>,
    limits: &Limits,
    wasi: bool,
    others: Vec<PathBuf>,
) -> Result<Tried, KitError> {
    let manifest = &package.about.manifest;
    let name = package.name().map_err(KitError::new)?;
    let folder = tempfile::tempdir().map_err(KitError::new)?;
    let file = folder.path().join(format!("{}.wasm", name.plugin()));
    crate::build::write(&file, package.bytes)?;
    // Where the file lies for the moment is nobody's business.
    let unnamed = |e: prosector_loader::ConfigError| {
        let text = e.to_string();
        KitError::new(text.strip_prefix(&format!("{}: ", file.display())).unwrap_or(&text))
    };
    let plugin = Sandbox::new().load_bytes(package.bytes, &file, limits, wasi).map_err(unnamed)?;
    let own: Vec<_> = plugin.protocols().iter().map(declared).collect();
    let (says, is) = (&manifest.version, plugin.version().to_string());
    for (what, said, declared) in [("name", name.plugin(), plugin.name()), ("version", says, &is)] {
        if said != declared {
            return Err(KitError::new(format!("its manifest says {what} {said}, the plugin itself says {declared}")));
        }
    }
    if manifest.protocols != own {
        return Err(KitError::new("its manifest says something else of its protocols than the plugin itself does"));
    }
    if package.about.samples.is_empty() {
        return Ok(Tried { plugin, report: None });
    }
    for sample in &package.about.samples {
        let path = folder.path().join("tests").join(&*sample.name);
        crate::build::write(&path, &sample.capture)?;
        crate::build::write(&path.with_file_name(format!("{}.txt", sample.name)), sample.expected.as_bytes())?;
    }
    let captures = manifest.captures.iter().map(|(name, info)| Ok((name.clone(), setup(info)?)));
    let under_test = Package {
        folder: folder.path().to_owned(),
        file: PackageFile {
            wasi,
            limits: limits.clone(),
            test_plugins: others,
            test: setup(&manifest.test)?,
            captures: captures.collect::<Result<_, KitError>>()?,
            ..PackageFile::default()
        },
        build: Build::Rust,
        cargo: None,
    };
    let report = test(&under_test, &plugin, false)?;
    Ok(Tried { plugin, report: Some(report) })
}

fn setup(info: &SampleInfo) -> Result<TestSetup, KitError> {
    let origin = "the package's manifest";
    let binding = |text: &String| Ok(Located::new(Binding::parse(text)?, origin));
    Ok(TestSetup {
        settings: info.settings.iter().map(|setting| Located::new(setting.clone(), origin)).collect(),
        decode_as: info.decode_as.iter().map(binding).collect::<Result<_, KitError>>()?,
        origin: None,
    })
}
