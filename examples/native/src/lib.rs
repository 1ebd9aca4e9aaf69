//! ACME telemetry as a native plugin: the dissector of `plugins/acme`, in a shared library. Its entry in `plugins.toml`
//! names the library's SHA-256, because native code runs without a sandbox.

prosector_sdk::export_native!(prosector_acme::Acme);
