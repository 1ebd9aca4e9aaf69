//! What a registry is told about a component.

use prosector_package::{border, check_component, sha256};
use serde_json::{Value, json};

/// The config of the CNCF's layout.
pub(crate) fn config(component: &[u8]) -> Result<Value, String> {
    check_component(component).map_err(|_| "not a WebAssembly component")?;
    let (imports, exports) = border(component).map_err(|e| format!("not a WebAssembly component: {e}"))?;
    Ok(json!({
        // Whenever it is published, the same component is the same artifact.
        "created": "1970-01-01T00:00:00Z",
        "architecture": "wasm",
        // Stands for "a component" here, whether it uses WASI or not.
        "os": "wasip2",
        "layerDigests": [format!("sha256:{}", sha256(component))],
        "component": { "exports": exports, "imports": imports },
    }))
}
