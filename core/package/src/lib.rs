//! Packages: the one file in which a plugin travels.
//!
//! That is the component itself, made from the core module that a compiler writes, with what people want to know of it as
//! custom sections.
//!
//! Invariant: the same parts give the same bytes.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use wasm_encoder::{ComponentSection, CustomSection};
use wasmparser::{BinaryReader, Parser};
use wit_component::{ComponentEncoder, StringEncoding};
use wit_parser::Resolve;

/// The interface that modules are given which don't say which one they keep.
const INTERFACE: &str = include_str!("../../../sdk/wit/v0.1/prosector.wit");
const MANIFEST: &str = "prosector:manifest";
const README: &str = "prosector:readme";
const OURS: [&str; 2] = [MANIFEST, README];
/// A manifest or README of more bytes is not read.
const MAX_SECTION: usize = 1 << 20;

/// Why a module could not be packed, or a package not be read.
#[derive(Debug)]
pub struct PackError(String);

impl fmt::Display for PackError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for PackError {}

/// What a package says of itself, beside what its dissectors declare.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// What it is for, in a sentence.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Its licence, as an SPDX expression.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub license: String,
    /// Who wrote it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub authors: Vec<String>,
    /// Where its source is.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub repository: String,
    /// Limits that it needs, named as in `plugins.toml`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub limits: BTreeMap<String, u64>,
}

/// What lies in a package beside its code.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct About {
    /// What it says of itself.
    pub manifest: Manifest,
    /// Its README, in Markdown.
    pub readme: Option<String>,
}

/// Makes a component of a core module that was built for `wasm32-unknown-unknown`. The interface that it keeps is told by a
/// custom section, which the Rust SDK puts there; a module without one is taken to keep the latest. What is a component
/// already stays as it is.
pub fn pack(code: &[u8]) -> Result<Vec<u8>, PackError> {
    if Parser::is_component(code) {
        return Ok(code.to_vec());
    }
    let not_ours = |e: &dyn fmt::Display| PackError(format!("this module is not a prosector plugin: {e:#}"));
    let mut module = code.to_vec();
    if !sections(code)?.iter().any(|s| s.name.is_some_and(|name| name.starts_with("component-type"))) {
        let mut wit = Resolve::default();
        let package = wit.push_str("prosector.wit", INTERFACE).map_err(|e| not_ours(&e))?;
        let world = wit.select_world(&[package], Some("plugin")).map_err(|e| not_ours(&e))?;
        wit_component::embed_component_metadata(&mut module, &wit, world, StringEncoding::UTF8)
            .map_err(|e| not_ours(&e))?;
    }
    let encoder = ComponentEncoder::default().validate(true).module(&module).map_err(|e| not_ours(&e))?;
    let mut encoder = encoder;
    encoder.encode().map_err(|e| not_ours(&e))
}

/// Puts into a component what people want to know of it, in place of what was there.
pub fn describe(component: &[u8], about: &About) -> Result<Vec<u8>, PackError> {
    let mut out = component[..HEADER.min(component.len())].to_vec();
    for section in sections(component)?.iter().filter(|s| s.name.is_none_or(|name| !OURS.contains(&name))) {
        out.extend_from_slice(&component[section.range.clone()]);
    }
    let manifest = serde_json::to_vec(&about.manifest).map_err(|e| PackError(e.to_string()))?;
    for (name, data) in [(MANIFEST, Some(&manifest[..])), (README, about.readme.as_ref().map(String::as_bytes))] {
        if let Some(data) = data {
            CustomSection { name: name.into(), data: data.into() }.append_to_component(&mut out);
        }
    }
    Ok(out)
}

/// Reads what a component says of itself; nothing of it is run.
pub fn about(component: &[u8]) -> Result<About, PackError> {
    let mut about = About::default();
    for section in sections(component)? {
        let Some(name) = section.name.filter(|name| OURS.contains(name)) else { continue };
        if section.data.len() > MAX_SECTION {
            return Err(PackError(format!("{name} has {} bytes; {MAX_SECTION} are allowed", section.data.len())));
        }
        if name == README {
            about.readme = Some(String::from_utf8_lossy(section.data).into_owned());
        } else {
            about.manifest = serde_json::from_slice(section.data).map_err(|e| PackError(format!("{name}: {e}")))?;
        }
    }
    Ok(about)
}

/// A section of a module or component, not of one inside it.
struct Section<'a> {
    /// All of it, with its head.
    range: Range<usize>,
    /// Of a custom section.
    name: Option<&'a str>,
    /// What is behind the name.
    data: &'a [u8],
}

/// Bytes before the first section: the magic number and the version.
const HEADER: usize = 8;

fn sections(bytes: &[u8]) -> Result<Vec<Section<'_>>, PackError> {
    let broken = |e| PackError(format!("not WebAssembly, or broken off: {e}"));
    let mut reader = BinaryReader::new(bytes, 0);
    reader.read_bytes(HEADER).map_err(broken)?;
    let mut sections = Vec::new();
    while !reader.eof() {
        let start = reader.original_position();
        let id = reader.read_u8().map_err(broken)?;
        let len = reader.read_var_u32().map_err(broken)?;
        let data = reader.read_bytes(len as usize).map_err(broken)?;
        let mut section = Section { range: start..reader.original_position(), name: None, data };
        if id == 0 {
            let mut inside = BinaryReader::new(data, 0);
            section.name = Some(inside.read_string().map_err(broken)?);
            section.data = &data[inside.original_position()..];
        }
        sections.push(section);
    }
    Ok(sections)
}

#[test]
fn what_was_put_in_comes_out_once() {
    let component = b"\0asm\x0d\0\x01\0";
    let manifest = Manifest { license: "MIT".into(), ..Manifest::default() };
    let first = About { manifest, readme: Some("# Weather".into()) };
    let packed = describe(component, &first).expect("a component");
    assert_eq!(about(&packed).expect("a component"), first);
    let second = About { readme: None, ..first };
    let packed = describe(&packed, &second).expect("a component");
    assert_eq!(about(&packed).expect("a component"), second);
    assert!(about(&packed[..packed.len() - 1]).is_err());
    assert!(about(b"#!/bin/sh").is_err());
}
