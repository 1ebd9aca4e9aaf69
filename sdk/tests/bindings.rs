//! `sdk/src/bindings.rs` is what wit-bindgen makes of the plugin interface. It lies there ready-made, so that who builds a plugin need
//! not build wit-bindgen first. `BLESS=1` writes it anew.

use std::path::Path;
use wit_bindgen_core::{Files, WorldGenerator, wit_parser::Resolve};
use wit_bindgen_rust::Opts;

#[test]
fn they_are_those_of_the_interface() {
    let top = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut wit = Resolve::default();
    let (package, _) = wit.push_path(top.join("wit/v0.1")).expect("our interface");
    let world = wit.select_world(&[package], Some("plugin")).expect("its world");
    let options = Opts {
        format: true,
        pub_export_macro: true,
        default_bindings_module: Some("prosector_sdk::component::bindings".into()),
        runtime_path: Some("prosector_sdk::component::wit_bindgen::rt".into()),
        ..Opts::default()
    };
    let mut files = Files::default();
    options.build().generate(&mut wit, world, &mut files).expect("bindings");
    let (_, made) = files.iter().next().expect("one file");
    let made = std::str::from_utf8(made).expect("text");
    let file = top.join("src/bindings.rs");
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&file, made).expect("src can be written");
    }
    let there = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(there == made, "sdk/src/bindings.rs is not what the interface says; BLESS=1 writes it");
}
