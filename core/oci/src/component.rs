//! What a registry is told about a component.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use wasmparser::{Parser, Payload};

/// The config of the CNCF's layout.
pub(crate) fn config(component: &[u8]) -> Result<Value, String> {
    if !Parser::is_component(component) {
        return Err("not a WebAssembly component".into());
    }
    let (imports, exports) = border(component).map_err(|e| format!("not a WebAssembly component: {e}"))?;
    let digest: String = Sha256::digest(component).iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(json!({
        // Whenever it is published, the same component is the same artifact.
        "created": "1970-01-01T00:00:00Z",
        "architecture": "wasm",
        // Stands for "a component" here, whether it uses WASI or not.
        "os": "wasip2",
        "layerDigests": [format!("sha256:{digest}")],
        "component": { "exports": exports, "imports": imports },
    }))
}

/// The names of what a component imports and exports.
fn border(component: &[u8]) -> wasmparser::Result<(Vec<String>, Vec<String>)> {
    let (mut imports, mut exports) = (Vec::new(), Vec::new());
    // Modules and components inside have borders of their own.
    let mut depth = 0;
    for payload in Parser::new(0).parse_all(component) {
        match payload? {
            Payload::Version { .. } => depth += 1,
            Payload::End(_) => depth -= 1,
            Payload::ComponentImportSection(section) if depth == 1 => {
                for import in section {
                    imports.push(import?.name.name.to_owned());
                }
            }
            Payload::ComponentExportSection(section) if depth == 1 => {
                for export in section {
                    exports.push(export?.name.name.to_owned());
                }
            }
            _ => {}
        }
    }
    Ok((imports, exports))
}
