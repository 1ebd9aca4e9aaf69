//! Components as files: what they are made of, section by section, and making one of a core module.

use crate::PackageError;
use std::fmt::Display;
use std::ops::Range;
use wasmparser::{BinaryReader, ComponentExportSectionReader, ComponentImportSectionReader, Parser};
use wit_component::{ComponentEncoder, StringEncoding};
use wit_parser::Resolve;

/// The interface that modules are given which don't say which one they keep.
const INTERFACE: &str = include_str!("../../../sdk/wit/v0.1/prosector.wit");
/// Bytes before the first section: the magic number and the version.
const HEADER: usize = 8;
/// What the names of our own sections begin with.
pub(crate) const OURS: &str = "prosector:";
/// A file of more sections is not read. One of ours has a few dozen.
const MAX_SECTIONS: usize = 10_000;

/// Numbers of sections, of a component's (Component Model, Binary.md).
const CUSTOM: u8 = 0;
const IMPORTS: u8 = 10;
const EXPORTS: u8 = 11;

/// A section of a module or component, not of one inside it.
pub(crate) struct Section<'a> {
    /// All of it, with its head.
    pub range: Range<usize>,
    id: u8,
    /// Of a custom section.
    pub name: Option<&'a str>,
    /// What is behind the name.
    pub data: &'a [u8],
}

pub(crate) fn sections(bytes: &[u8]) -> Result<Vec<Section<'_>>, PackageError> {
    let broken = |e| PackageError::new(format!("not WebAssembly, or broken off: {e}"));
    let mut reader = BinaryReader::new(bytes, 0);
    reader.read_bytes(HEADER).map_err(broken)?;
    let mut sections = Vec::new();
    while !reader.eof() {
        if sections.len() == MAX_SECTIONS {
            return Err(PackageError::new(format!("it has more than {MAX_SECTIONS} sections")));
        }
        let start = reader.original_position();
        let id = reader.read_u8().map_err(broken)?;
        let len = reader.read_var_u32().map_err(broken)?;
        let data = reader.read_bytes(len as usize).map_err(broken)?;
        let mut section = Section { range: start..reader.original_position(), id, name: None, data };
        if id == CUSTOM {
            let mut inside = BinaryReader::new(data, 0);
            section.name = Some(inside.read_string().map_err(broken)?);
            section.data = &data[inside.original_position()..];
        }
        sections.push(section);
    }
    Ok(sections)
}

/// Whether these are the bytes of a component; if not, what they are instead.
pub fn check_component(bytes: &[u8]) -> Result<(), PackageError> {
    let what = match bytes {
        _ if Parser::is_component(bytes) => return Ok(()),
        _ if Parser::is_core_wasm(bytes) => "a core module, not a component; `prosector package pack` makes one of it",
        // A `.cwasm` is an ELF file as well.
        [0x7f, b'E', b'L', b'F', ..] | [b'M', b'Z', ..] | [0xcf, 0xfa, 0xed, 0xfe, ..] => {
            "compiled code, which is never taken from a package; a package is a WebAssembly component"
        }
        [b'#', b'!', ..] => "a script, which is never taken from a package; a package is a WebAssembly component",
        _ => "not a WebAssembly component",
    };
    Err(PackageError::new(what))
}

/// What a component wants from its host, and what it gives; by the names of its interface.
pub fn border(component: &[u8]) -> Result<(Vec<String>, Vec<String>), PackageError> {
    check_component(component)?;
    border_of(&sections(component)?)
}

pub(crate) fn border_of(sections: &[Section<'_>]) -> Result<(Vec<String>, Vec<String>), PackageError> {
    let broken = |e: wasmparser::BinaryReaderError| PackageError::new(format!("broken: {e}"));
    let (mut imports, mut exports) = (Vec::new(), Vec::new());
    for section in sections {
        let reader = BinaryReader::new(section.data, 0);
        match section.id {
            IMPORTS => {
                for import in ComponentImportSectionReader::new(reader).map_err(broken)? {
                    imports.push(import.map_err(broken)?.name.name.to_owned());
                }
            }
            EXPORTS => {
                for export in ComponentExportSectionReader::new(reader).map_err(broken)? {
                    exports.push(export.map_err(broken)?.name.name.to_owned());
                }
            }
            _ => {}
        }
    }
    Ok((imports, exports))
}

/// A component without what this crate puts into it: all that a compiler or a runtime makes anything of.
pub fn code(component: &[u8]) -> Result<Vec<u8>, PackageError> {
    let mut code = component[..HEADER.min(component.len())].to_vec();
    for section in sections(component)? {
        if section.name.is_none_or(|name| !name.starts_with(OURS)) {
            code.extend_from_slice(&component[section.range]);
        }
    }
    Ok(code)
}

/// Makes a component of a core module that was built for `wasm32-unknown-unknown`. The interface that it keeps is told by a
/// custom section, which the Rust SDK puts there; a module without one is taken to keep the latest. What is a component
/// already stays as it is.
pub fn pack(code: &[u8]) -> Result<Vec<u8>, PackageError> {
    if Parser::is_component(code) {
        return Ok(code.to_vec());
    }
    let not_ours = |e: &dyn Display| PackageError::new(format!("this module is not a prosector plugin: {e:#}"));
    let mut module = code.to_vec();
    if !sections(code)?.iter().any(|s| s.name.is_some_and(|name| name.starts_with("component-type"))) {
        let mut wit = Resolve::default();
        let package = wit.push_str("prosector.wit", INTERFACE).map_err(|e| not_ours(&e))?;
        let world = wit.select_world(&[package], Some("plugin")).map_err(|e| not_ours(&e))?;
        wit_component::embed_component_metadata(&mut module, &wit, world, StringEncoding::UTF8)
            .map_err(|e| not_ours(&e))?;
    }
    let mut encoder = ComponentEncoder::default().validate(true).module(&module).map_err(|e| not_ours(&e))?;
    encoder.encode().map_err(|e| not_ours(&e))
}
